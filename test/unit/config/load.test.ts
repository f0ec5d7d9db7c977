import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONFIG_CODES } from "../../../src/config/codes.ts";
import { loadConfig, parseConfig } from "../../../src/config/load.ts";
import type { Config, HostConfig } from "../../../src/config/model.ts";
import { formatIpv4 } from "../../../src/net/ipv4.ts";

function configOf(yaml: string): Config {
  const result = parseConfig(yaml, "/lab/etc/bootwire.yaml");
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.config;
}

function host(config: Config, name: string): HostConfig {
  const found = config.hosts.find((one) => one.name === name);
  if (!found) throw new Error(`no host ${name}`);
  return found;
}

describe("what an admin leaves out", () => {
  test("a config that says nothing is complete", () => {
    expect(configOf("{}")).toEqual({
      path: "/lab/etc/bootwire.yaml",
      interfaces: [],
      advertise: undefined,
      dhcp: {
        mode: "proxy",
        unknownHosts: "ignore",
        authoritative: false,
        probe: true,
        skipIpv6Wait: true,
        quarantine: 3600,
        subnets: [],
      },
      tftp: {
        port: 69,
        root: undefined,
        ignoreCase: false,
        ports: undefined,
        singlePort: false,
        allow: undefined,
        limits: {},
      },
      http: { port: 8080 },
      admin: { host: "127.0.0.1", port: 8081, metrics: "token", tls: undefined },
      hooks: [],
      syslog: undefined,
      state: "/lab/etc/state",
      media: "/lab/etc/media",
      templates: undefined,
      profiles: new Map(),
      hosts: [],
    });
  });

  test("keys with nothing behind them are as good as none", () => {
    expect(configOf("dhcp:\nhosts:\n  # - name: later\nprofiles:\nstate:\n")).toEqual(configOf("{}"));
  });

  test("a profile and a host have every default", () => {
    const config = configOf(`
profiles:
  cloud: {installer: image, image: disk.raw.zst}
  deb: {installer: debian, kernel: d/linux, initrd: d/initrd.gz, suite: trixie, mirror: {host: mirror.example.org}}
hosts:
  - {name: web, mac: 52:54:00:00:00:01, profile: cloud}
`);
    expect(config.profiles.get("cloud")).toEqual({
      name: "cloud",
      installer: "image",
      image: "disk.raw.zst",
      sha256: undefined,
      seed: "nocloud",
      loader: "ipxe",
      attempts: { limit: 5, timeout: 7200, onFailure: "hold" },
      template: false,
      options: new Map(),
      system: {
        domain: undefined,
        timezone: "Etc/UTC",
        locale: "en_US.UTF-8",
        keyboard: "us",
        users: [],
        packages: [],
        proxy: undefined,
        guestAgent: true,
        layout: undefined,
        runCommands: [],
        network: { kind: "dhcp", vlan: undefined, bond: undefined },
        vars: {},
      },
    });
    expect(config.profiles.get("deb")).toMatchObject({
      mirror: { host: "mirror.example.org", directory: "/debian", proxy: undefined },
    });
    expect(host(config, "web")).toMatchObject({
      mac: "52:54:00:00:00:01",
      install: "once",
      disk: undefined,
      firmware: undefined,
      address: undefined,
      profile: config.profiles.get("cloud"),
    });
  });
});

describe("what an admin says", () => {
  const config = configOf(`
interface: [vmbr0, 10.0.0.2]
advertise: 10.0.0.2
dhcp:
  mode: server
  unknownHosts: lease
  authoritative: true
  probe: false
  quarantine: 10m
  subnets:
    - cidr: 10.0.0.0/24
      pool: [10.0.0.200-10.0.0.250, 10.0.0.100-10.0.0.150]
      router: 10.0.0.1
      dns: 10.0.0.1
      domain: lab.example.org.
      leaseTime: 1d12h
      options: {ntp-servers: [10.0.0.1, 10.0.0.2], 224: "hex:00:ff", domain-search: lab.example.org}
      sharedNetwork: office
    - {cidr: 10.0.1.0/24, sharedNetwork: office}
tftp: {port: 6969, root: files}
http: {port: 80}
hooks:
  - {url: https://a.example.org/x, events: [attempt.done], secret: 0123456789abcdef, timeout: 30s}
  - {url: "http://10.0.0.9:8000/", secretFile: hook-secret}
admin: {listen: "[::1]:9000"}
state: /var/lib/bootwire
media: ../media
templates: my-templates
defaults:
  timezone: Europe/Berlin
  disk: /dev/vda
  network: static
  attempts: {limit: 3, timeout: 30m}
  packages: [vim]
  vars: {a: 1, b: {c: [x, true]}}
  users: [{name: root-like, sshKeys: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1 a@b}]
profiles:
  cloud:
    installer: image
    image: ./images//disk.qcow2
    sha256: ${"AB".repeat(32)}
    seed: none
    timezone: America/New_York
    attempts: {timeout: 1h, onFailure: retry}
    install: always
    options: {66: tftp.example.org, 26: 9000}
    vars: {a: 2, d: 4}
hosts:
  - name: web
    mac: 5254.0000.0001
    profile: cloud
    address: 10.0.0.120
    disk: /dev/sda
    firmware: uefi
    install: never
    attempts: {limit: 9}
    options: {interface-mtu: 1500}
    vars: {a: 3}
    users: []
  - {name: bare, mac: 525400000002, address: 10.0.0.121, options: {host-name: bare}}
  - {name: zeros, mac: 001122334455}
  - {name: own, mac: 52-54-00-00-00-04, profile: cloud, network: {address: 10.9.0.5/16, gateway: 10.9.0.1, dns: [10.9.0.1]}}
  - {name: plain, mac: 52:54:00:00:00:05, profile: cloud, network: dhcp}
`);

  test("paths are relative to the folder of the file", () => {
    expect(config).toMatchObject({
      state: "/var/lib/bootwire",
      media: "/lab/media",
      templates: "/lab/etc/my-templates",
      tftp: { port: 6969, root: "/lab/etc/files" },
      admin: { host: "::1", port: 9000, metrics: "token", tls: undefined },
      interfaces: ["vmbr0", "10.0.0.2"],
    });
  });

  test("hooks have all events and ten seconds, unless it says otherwise; a secret may lie in a file", () => {
    expect(config.hooks).toEqual([
      {
        url: "https://a.example.org/x",
        events: ["attempt.done"],
        secret: { kind: "text", text: "0123456789abcdef" },
        timeout: 30,
      },
      {
        url: "http://10.0.0.9:8000/",
        events: undefined,
        secret: { kind: "file", path: "/lab/etc/hook-secret" },
        timeout: 10,
      },
    ]);
  });

  test.each<[string, number | undefined]>([
    ["syslog: true", 514],
    ["syslog: {port: 5514}", 5514],
    ["syslog: {}", 514],
    ["syslog: false", undefined],
  ])("%s listens at %s", (yaml, port) => {
    expect(configOf(yaml).syslog?.port).toBe(port);
  });

  test("what DHCP does about strangers on its wire", () => {
    expect(config.dhcp).toMatchObject({ authoritative: true, probe: false, quarantine: 600 });
  });

  test("subnets have their pool in order and their options as they go on the wire", () => {
    const [subnet] = config.dhcp.subnets;
    expect(subnet?.pool.map(({ first, last }) => `${formatIpv4(first)}-${formatIpv4(last)}`)).toEqual([
      "10.0.0.100-10.0.0.150",
      "10.0.0.200-10.0.0.250",
    ]);
    expect(subnet).toMatchObject({ leaseTime: 129_600, domain: "lab.example.org", sharedNetwork: "office" });
    expect(subnet?.dns.map(formatIpv4)).toEqual(["10.0.0.1"]);
    expect(
      [...(subnet?.options ?? [])].map(([code, bytes]) => [code, bytes.toString("hex")]).toSorted(),
    ).toEqual([
      [119, "036c6162076578616d706c65036f726700"],
      [224, "00ff"],
      [42, "0a0000010a000002"],
    ]);
  });

  test("the closest of host, profile and defaults wins", () => {
    const web = host(config, "web");
    expect(web).toMatchObject({ disk: "/dev/sda", firmware: "uefi", install: "never" });
    expect(web.profile).toMatchObject({
      image: "images/disk.qcow2",
      sha256: "ab".repeat(32),
      attempts: { limit: 9, timeout: 3600, onFailure: "retry" },
    });
    expect(web.profile?.system).toMatchObject({
      timezone: "America/New_York",
      domain: "lab.example.org",
      packages: ["vim"],
      users: [],
      vars: { a: 3, b: { c: ["x", true] }, d: 4 },
    });
    expect([...web.options].map(([code, bytes]) => [code, bytes.toString("latin1")])).toEqual([
      [26, "\x05\xdc"],
      [66, "tftp.example.org"],
    ]);
    expect(config.profiles.get("cloud")).toMatchObject({
      attempts: { limit: 3, timeout: 3600, onFailure: "retry" },
      system: { users: [{ name: "root-like", passwordHash: undefined, sudo: true }] },
    });
    expect(host(config, "plain")).toMatchObject({ disk: "/dev/vda", install: "always" });
  });

  test("a MAC in bare digits stays what was written", () => {
    expect(host(config, "bare").mac).toBe("52:54:00:00:00:02");
    expect(host(config, "zeros").mac).toBe("00:11:22:33:44:55");
  });

  test("a host without a profile is a reservation", () => {
    const bare = host(config, "bare");
    expect(bare.profile).toBeUndefined();
    expect(bare.options.get(12)?.toString()).toBe("bare");
    expect(formatIpv4(bare.address ?? expect.fail("no address"))).toBe("10.0.0.121");
  });

  test("a static network comes from the subnet, or from the host itself", () => {
    const address = (name: string) => host(config, name).profile?.system.network;
    expect(address("web")).toMatchObject({ kind: "static", address: { prefix: 24 }, dns: [0x0a000001] });
    expect(address("web")).toMatchObject({ address: { address: 0x0a000078 }, gateway: 0x0a000001 });
    expect(address("own")).toMatchObject({
      address: { address: 0x0a090005, prefix: 16 },
      gateway: 0x0a090001,
    });
    expect(address("plain")).toEqual({ kind: "dhcp" });
  });
});

describe("YAML as admins write it", () => {
  test("anchors and merge keys", () => {
    const config = configOf(`
profiles:
  a: &base {installer: image, image: a.raw, loader: grub}
  b:
    <<: *base
    image: b.raw
`);
    expect(config.profiles.get("b")).toMatchObject({ image: "b.raw", loader: "grub" });
  });

  test("a problem in what was merged is shown where it stands", () => {
    const result = parseConfig(
      "profiles:\n  a: &base\n    installer: image\n    image: a.iso\n  b:\n    <<: *base\n    image: b.raw\n",
      "/x.yaml",
    );
    expect(result).toMatchObject({ ok: false, problems: [{ code: "BW_CONFIG_IMAGE", line: 4, column: 12 }] });
  });

  test("Windows line ends and a byte order mark", () => {
    expect(configOf("\uFEFFhttp:\r\n  port: 81\r\n").http.port).toBe(81);
  });

  test("names that JavaScript's objects have are names like others", () => {
    const result = parseConfig(
      "constructor: 1\nhosts:\n  - {name: a, mac: 52:54:00:00:00:01, profile: constructor}\n",
      "/x",
    );
    expect(result.ok ? [] : result.problems.map((one) => one.code)).toEqual([
      "BW_CONFIG_UNKNOWN_KEY",
      "BW_CONFIG_UNKNOWN_PROFILE",
    ]);
    expect(parseConfig("defaults: {vars: {__proto__: {x: 1}}}\n", "/x")).toMatchObject({
      ok: false,
      problems: [{ code: "BW_CONFIG_UNKNOWN_KEY", line: 1, column: 19 }],
    });
  });

  test("any text at all is read without an exception, and problems lie inside of it", () => {
    const word = fc.constantFrom(
      ..."hosts profiles dhcp subnets - name mac : [ ] { } & * a 52:54:00:00:00:01 10.0.0.0/24 cidr pool mode server , | > ' \" # ! << installer image \n \n\n \t   users options".split(
        " ",
      ),
      "\n  ",
      "\n    ",
      "\n",
      ": ",
      "- ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(word, { maxLength: 40 }).map((words) => words.join(" ")),
          fc.string(),
        ),
        (yaml) => {
          const result = parseConfig(yaml, "/lab/bootwire.yaml");
          if (result.ok) return;
          const lines = yaml.split(/\r?\n|\r/);
          expect(result.problems.length).toBeGreaterThan(0);
          for (const problem of result.problems) {
            expect(problem.line).toBeLessThanOrEqual(lines.length);
            expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? "").length + 2);
            expect(problem.hint).not.toBe("");
            expect(CONFIG_CODES).toHaveProperty(problem.code);
          }
        },
      ),
      { numRuns: 300, examples: [["\n     - \n\n | \n \n hosts"]] },
    );
  });
});

describe("what a machine is to Proxmox", () => {
  test("is said key by key, the closest wins, and decides the disk's name", () => {
    const config = configOf(`
defaults: {guest: {storage: tank, cores: 1}}
profiles:
  cloud: {installer: image, image: a.raw, guest: {cores: 4, controller: virtio}}
hosts:
  - {name: web, mac: 52:54:00:00:00:01, profile: cloud, guest: {bridge: vmbr9}}
  - {name: db, mac: 52:54:00:00:00:02, profile: cloud, disk: /dev/sdb}
  - {name: copy, mac: 52:54:00:00:00:03, kind: clone, cloneOf: 9000, users: [{name: admin}]}
`);
    expect(host(config, "web")).toMatchObject({
      guest: { kind: "vm", storage: "tank", cores: 4, bridge: "vmbr9", controller: "virtio" },
      disk: "/dev/vda",
    });
    expect(host(config, "db").disk).toBe("/dev/sdb");
    expect(host(config, "copy")).toMatchObject({
      guest: { kind: "clone", cloneOf: 9000 },
      system: { users: [{ name: "admin" }] },
      disk: undefined,
    });
  });
});

describe("a file on disk", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bootwire-config-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("that is not there, is a folder, or is not UTF-8", async () => {
    const latin = join(folder, "latin.yaml");
    await writeFile(latin, Buffer.from("state: m\xfcll\n", "latin1"));
    const codes = async (file: string) => {
      const result = await loadConfig(file);
      return result.ok ? [] : result.problems.map((one) => [one.code, one.file, one.line, one.column]);
    };
    expect(await codes(join(folder, "none.yaml"))).toEqual([
      ["BW_CONFIG_UNREADABLE", join(folder, "none.yaml"), 1, 1],
    ]);
    expect(await codes(folder)).toEqual([["BW_CONFIG_UNREADABLE", folder, 1, 1]]);
    expect(await codes(latin)).toEqual([["BW_CONFIG_ENCODING", latin, 1, 1]]);
  });

  test("the starter has no problems, and warns of the image that is not there yet", async () => {
    const starter = await loadConfig("templates/bootwire.yaml");
    expect(starter).toMatchObject({ ok: true, warnings: [], config: { dhcp: { mode: "proxy" }, hosts: [] } });
    const checked = await loadConfig("templates/bootwire.yaml", { checkMedia: true });
    expect(checked.warnings.map((one) => one.code)).toEqual(["BW_CONFIG_MEDIA_MISSING"]);
  });

  test("does not warn of what is inside of an ISO, nor of a tree that is a folder", async () => {
    await mkdir(join(folder, "media/tree"), { recursive: true });
    await writeFile(join(folder, "media/a.iso"), "");
    const file = join(folder, "media.yaml");
    const profiles = {
      a: { installer: "custom", kernel: "a.iso/boot/vmlinuz" },
      b: { installer: "custom", kernel: "b.iso/boot/vmlinuz" },
      c: { installer: "autoyast", iso: "tree" },
    };
    await writeFile(file, JSON.stringify({ media: "media", profiles }));
    const { warnings } = await loadConfig(file, { checkMedia: true });
    const missing = warnings.filter((one) => one.code === "BW_CONFIG_MEDIA_MISSING");
    expect(missing.map((one) => one.message)).toEqual([expect.stringContaining("b.iso/boot/vmlinuz")]);
  });
});
