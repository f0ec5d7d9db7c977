import { verify } from "unixcrypt";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { createPasswordHasher } from "../../../src/config/passwords.ts";

const CASES = [
  {
    name: "a password in plain text",
    yaml: "defaults:\n  users:\n    - {name: admin, password: secret}\n",
    warnings: ["3:31 BW_CONFIG_PLAIN_PASSWORD"],
  },
  {
    name: "a pool, a reservation and leases where Bootwire gives no addresses",
    yaml: `dhcp:
  unknownHosts: lease
  subnets:
    - {cidr: 10.0.0.0/24, pool: 10.0.0.100-10.0.0.199}
hosts:
  - {name: a, mac: 52:54:00:00:00:01, address: 10.0.0.5}
`,
    warnings: ["2:17 BW_CONFIG_UNUSED", "4:33 BW_CONFIG_UNUSED", "6:48 BW_CONFIG_UNUSED"],
  },
  {
    name: "DHCP options where another server gives the addresses, and the options with them",
    yaml: `dhcp:
  mode: proxy
  subnets:
    - {cidr: 10.0.0.0/24, options: {ntp-servers: 10.0.0.1}}
profiles:
  p: {installer: image, image: a.raw, options: {interface-mtu: 1400}}
hosts:
  - {name: a, mac: 52:54:00:00:00:01, options: {26: 1400}}
  - {name: b, mac: 52:54:00:00:00:02, options: {}}
`,
    warnings: ["4:36 BW_CONFIG_UNUSED", "6:48 BW_CONFIG_UNUSED", "8:48 BW_CONFIG_UNUSED"],
  },
  {
    name: "a shared network of one subnet",
    yaml: `dhcp:
  mode: server
  subnets:
    - {cidr: 10.0.0.0/24, pool: 10.0.0.100-10.0.0.199, sharedNetwork: office}
    - {cidr: 10.1.0.0/24, sharedNetwork: offices}
    - {cidr: 10.2.0.0/24, sharedNetwork: lab}
    - {cidr: 10.3.0.0/24, sharedNetwork: lab}
`,
    warnings: ["4:71 BW_CONFIG_UNUSED", "5:42 BW_CONFIG_UNUSED"],
  },
  {
    name: "no address that a host could get",
    yaml: "dhcp: {mode: server, subnets: [{cidr: 10.0.0.0/24}]}\nhosts:\n  - {name: a, mac: 52:54:00:00:00:01}\n",
    warnings: ["1:31 BW_CONFIG_NO_POOL"],
  },
  {
    name: "an install setting at a host that nothing is installed on",
    yaml: "hosts:\n  - {name: a, mac: 52:54:00:00:00:01, disk: /dev/vda}\n",
    warnings: ["2:45 BW_CONFIG_UNUSED"],
  },
  {
    name: "an admin interface for everybody",
    yaml: "admin: {listen: 0.0.0.0:8081}\n",
    warnings: ["1:17 BW_CONFIG_ADMIN_EXPOSED"],
  },
  {
    name: "an installed system that nobody can log in to, once for its profile or at the users that have no way in",
    yaml: `profiles:
  d: {installer: debian, kernel: linux, initrd: initrd.gz, suite: trixie, mirror: {host: deb.example.org}}
  unused: {installer: debian, kernel: linux, initrd: initrd.gz, suite: trixie, mirror: {host: deb.example.org}}
  own: {installer: image, image: a.raw}
  golden: {installer: debian, kernel: linux, initrd: initrd.gz, suite: trixie, mirror: {host: deb.example.org}, template: true}
hosts:
  - {name: a, mac: 52:54:00:00:00:01, profile: d}
  - {name: b, mac: 52:54:00:00:00:02, profile: d}
  - {name: c, mac: 52:54:00:00:00:03, profile: d, users: [{name: admin}]}
  - {name: d, mac: 52:54:00:00:00:04, profile: d, users: [{name: admin, passwordHash: $6$saltsalt$abcdefgh}]}
  - {name: e, mac: 52:54:00:00:00:05, profile: own}
  - {name: f, mac: 52:54:00:00:00:06, profile: golden}
`,
    warnings: ["2:6 BW_CONFIG_NO_LOGIN", "9:58 BW_CONFIG_NO_LOGIN"],
  },
  {
    name: "nothing where nothing is doubtful",
    yaml: `dhcp:
  mode: server
  subnets:
    - {cidr: 10.0.0.0/24, pool: 10.0.0.100-10.0.0.199}
admin: {listen: localhost:9000}
defaults: {users: [{name: admin, passwordHash: $6$saltsalt$abcdefgh}]}
profiles: {p: {installer: image, image: a.raw}}
hosts:
  - {name: a, mac: 52:54:00:00:00:01, profile: p, address: 10.0.0.150, disk: /dev/vda}
`,
    warnings: [],
  },
];

describe("a config that works, and is doubtful", () => {
  test.each(CASES)("$name", ({ yaml, warnings }) => {
    const result = parseConfig(yaml, "/lab/bootwire.yaml");
    expect(result.ok ? [] : result.problems).toEqual([]);
    expect(result.warnings.map((one) => `${one.line}:${one.column} ${one.code}`)).toEqual(warnings);
  });
});

describe("a plain password", () => {
  const yaml = (password: string) => `defaults: {users: [{name: admin, password: ${password}}]}
profiles: {p: {installer: image, image: a.raw}}
`;
  const hashOf = (password: string, hashPassword = createPasswordHasher()) => {
    const result = parseConfig(yaml(password), "/x.yaml", { hashPassword });
    const hash = result.ok ? result.config.profiles.get("p")?.system.users[0]?.passwordHash : undefined;
    return hash ?? expect.fail("no hash");
  };

  test("becomes a SHA-512 crypt hash of it", () => {
    const hash = hashOf("correct-horse");
    expect(hash).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
    expect(verify("correct-horse", hash)).toBe(true);
    expect(verify("incorrect-horse", hash)).toBe(false);
  });

  test("keeps its hash when the config is read again, and only then", () => {
    const hasher = createPasswordHasher();
    expect(hashOf("one", hasher)).toBe(hashOf("one", hasher));
    expect(hashOf("one", hasher)).not.toBe(hashOf("two", hasher));
    expect(hashOf("one")).not.toBe(hashOf("one"));
  });
});
