import { describe, expect, test } from "vitest";
import type { ConfigCode } from "../../../src/config/codes.ts";
import { parseConfig } from "../../../src/config/load.ts";
import type { ConfigProblem } from "../../../src/config/problem.ts";

/** Code, line, column, what the hint says, and the line and column of the other place where it takes two. */
type Expected =
  | readonly [code: ConfigCode, line: number, column: number, hint: string]
  | readonly [code: ConfigCode, line: number, column: number, hint: string, line: number, column: number];

interface BadConfig {
  readonly name: string;
  readonly yaml: string;
  readonly problems: readonly Expected[];
}

const SERVER = `dhcp:
  mode: server
  subnets:
    - cidr: 10.0.0.0/24
      router: 10.0.0.1
      pool: 10.0.0.100-10.0.0.199
`;

const PROFILE = `profiles:
  cloud: {installer: image, image: disk.raw}
`;

const CASES: readonly BadConfig[] = [
  // The file itself.
  { name: "an empty file", yaml: "", problems: [["BW_CONFIG_EMPTY", 1, 1, "bootwire init"]] },
  { name: "comments alone", yaml: "# http:\n", problems: [["BW_CONFIG_EMPTY", 1, 1, "bootwire init"]] },
  {
    name: "a bracket that is never closed",
    yaml: "http: {port: 8080\nstate: ./state\n",
    problems: [["BW_CONFIG_SYNTAX", 2, 1, "may not be closed"]],
  },
  {
    name: "a tab for indentation",
    yaml: "http:\n\tport: 8080\n",
    problems: [["BW_CONFIG_SYNTAX", 2, 1, "indent with spaces"]],
  },
  {
    name: "two documents",
    yaml: "state: ./a\n---\nstate: ./b\n",
    problems: [["BW_CONFIG_SYNTAX", 2, 1, "remove the line ---"]],
  },
  {
    name: "a tag",
    yaml: "state: !secret folder\n",
    problems: [["BW_CONFIG_SYNTAX", 1, 8, "remove the tag"]],
  },
  {
    name: "a key written twice",
    yaml: "http: {port: 8080}\nstate: ./state\nhttp: {port: 80}\n",
    problems: [["BW_CONFIG_DUPLICATE_KEY", 3, 1, "keep one of the two", 1, 1]],
  },
  {
    name: "an alias without an anchor",
    yaml: "state: *folder\n",
    problems: [["BW_CONFIG_ALIAS", 1, 8, "quotes around a value that begins with *"]],
  },
  {
    name: "an alias of what it is in",
    yaml: "defaults: &d\n  vars:\n    all: *d\n",
    problems: [["BW_CONFIG_ALIAS", 3, 10, "remove it"]],
  },
  {
    name: "aliases that unfold to billions",
    yaml: `defaults:\n  vars:\n    a: &a [x, x, x, x, x, x, x, x, x, x]\n${["b", "c", "d", "e", "f", "g"]
      .map((key, index) => `    ${key}: &${key} [${Array(10).fill(`*${"abcdef"[index]}`).join(", ")}]\n`)
      .join("")}`,
    problems: [["BW_CONFIG_ALIAS", 1, 1, "write the repeated parts out"]],
  },
  {
    name: "a placeholder of a template for a value",
    yaml: "state: {{ folder }}\n",
    problems: [["BW_CONFIG_SYNTAX", 1, 9, "quotes around a value that begins with {"]],
  },
  { name: "a list", yaml: "- http\n", problems: [["BW_CONFIG_TYPE", 1, 1, "write `key: value` lines"]] },

  // Its shape.
  {
    name: "a misspelt key",
    yaml: "dhcp:\n  mode: proxy\n  unknownHost: ignore\n",
    problems: [["BW_CONFIG_UNKNOWN_KEY", 3, 3, "did you mean unknownHosts?"]],
  },
  {
    name: "a key of another tool",
    yaml: "dhcp:\n  mode: server\n  subnets:\n    - cidr: 10.0.0.0/24\n      gateway: 10.0.0.1\n",
    problems: [["BW_CONFIG_UNKNOWN_KEY", 5, 7, "did you mean router?"]],
  },
  {
    name: "a key in another spelling, in a profile",
    yaml: "profiles:\n  p:\n    installer: image\n    image: a.raw\n    run_commands: [reboot]\n",
    problems: [["BW_CONFIG_UNKNOWN_KEY", 5, 5, "did you mean runCommands?"]],
  },
  {
    name: "a key that is like nothing",
    yaml: "http:\n  xyzzy: 1\n",
    problems: [["BW_CONFIG_UNKNOWN_KEY", 2, 3, "known here: port"]],
  },
  {
    name: "a host without a MAC",
    yaml: "hosts:\n  - name: web-1\n",
    problems: [["BW_CONFIG_MISSING", 2, 5, "add mac: 52:54:00:12:34:56"]],
  },
  {
    name: "an empty MAC",
    yaml: "hosts:\n  - name: web-1\n    mac:\n",
    problems: [["BW_CONFIG_MISSING", 3, 5, "add mac:"]],
  },
  {
    name: "an empty profile",
    yaml: "profiles:\n  p:\n",
    problems: [["BW_CONFIG_MISSING", 2, 3, "give it a value, or remove it"]],
  },
  {
    name: "a profile without an installer",
    yaml: "profiles:\n  p:\n    image: a.raw\n",
    problems: [["BW_CONFIG_MISSING", 3, 5, "add installer: image"]],
  },
  {
    name: "an installer that there is not",
    yaml: "profiles:\n  p:\n    installer: imgae\n",
    problems: [["BW_CONFIG_VALUE", 3, 16, "did you mean image?"]],
  },
  {
    name: "text for a number",
    yaml: 'http:\n  port: "8080"\n',
    problems: [["BW_CONFIG_TYPE", 2, 9, "without quotes"]],
  },
  {
    name: "a number for text",
    yaml: "hosts:\n  - name: 101\n    mac: 52:54:00:12:34:56\n",
    problems: [["BW_CONFIG_TYPE", 2, 11, "put it in quotes"]],
  },
  {
    name: "yes for true",
    yaml: "dhcp: {authoritative: yes}\n",
    problems: [["BW_CONFIG_TYPE", 1, 23, "write true or false"]],
  },
  {
    name: "a mapping for a list",
    yaml: "hosts:\n  web-1:\n    mac: 52:54:00:12:34:56\n",
    problems: [["BW_CONFIG_TYPE", 2, 3, "each after “- ”"]],
  },
  {
    name: "a word that is not one of the possible",
    yaml: "dhcp:\n  mode: sever\n",
    problems: [["BW_CONFIG_VALUE", 2, 9, "did you mean server? Possible: proxy, server or off"]],
  },
  {
    name: "a port out of bounds",
    yaml: "http: {port: 80800}\n",
    problems: [["BW_CONFIG_VALUE", 1, 14, "at most 65535"]],
  },

  // Single values.
  {
    name: "a MAC that is too short",
    yaml: "hosts:\n  - name: a\n    mac: 52:54:00:12:34\n",
    problems: [["BW_CONFIG_MAC", 3, 10, "write six octets"]],
  },
  {
    name: "a group address for a MAC",
    yaml: "hosts:\n  - {name: a, mac: 01-00-5e-00-00-01}\n",
    problems: [["BW_CONFIG_MAC", 2, 20, "from the machine's network card"]],
  },
  {
    name: "an address that is none",
    yaml: "advertise: 10.0.0.256\n",
    problems: [["BW_CONFIG_ADDRESS", 1, 12, "four numbers of 0 to 255"]],
  },
  {
    name: "an address with its prefix where it has no place",
    yaml: "advertise: 10.0.0.2/24\n",
    problems: [["BW_CONFIG_ADDRESS", 1, 12, "leave the prefix away: 10.0.0.2"]],
  },
  {
    name: "an address for a network",
    yaml: "dhcp:\n  subnets:\n    - cidr: 10.0.0.5/24\n",
    problems: [["BW_CONFIG_CIDR", 3, 13, "write 10.0.0.0/24"]],
  },
  {
    name: "a pool in short",
    yaml: SERVER.replace("10.0.0.100-10.0.0.199", "10.0.0.100-199"),
    problems: [["BW_CONFIG_POOL", 6, 13, "10.0.0.100-10.0.0.199"]],
  },
  {
    name: "the second range of a pool back to front",
    yaml: SERVER.replace("10.0.0.100-10.0.0.199", "[10.0.0.10-10.0.0.20, 10.0.0.90-10.0.0.30]"),
    problems: [["BW_CONFIG_POOL", 6, 35, "write 10.0.0.30-10.0.0.90"]],
  },
  {
    name: "TFTP's ports and memory in spellings of their own",
    yaml: "tftp:\n  ports: 50000..50010\n  memory: lots\n",
    problems: [
      ["BW_CONFIG_PORT", 2, 10, "50000-50199"],
      ["BW_CONFIG_SIZE", 3, 11, "64MiB"],
    ],
  },
  {
    name: "a duration without a unit",
    yaml: 'defaults:\n  attempts:\n    timeout: "30"\n',
    problems: [["BW_CONFIG_DURATION", 3, 14, "30s for seconds"]],
  },
  {
    name: "a duration that is a number",
    yaml: "defaults: {attempts: {timeout: 30}}\n",
    problems: [["BW_CONFIG_TYPE", 1, 32, "write it with its unit"]],
  },
  {
    name: "a host name with its domain",
    yaml: "hosts:\n  - {name: web.lab.example.org, mac: 52:54:00:12:34:56}\n",
    problems: [["BW_CONFIG_NAME", 2, 12, "name: web and domain: lab.example.org"]],
  },
  {
    name: "a profile name with a space",
    yaml: "profiles:\n  my image: {installer: image, image: a.raw}\n",
    problems: [["BW_CONFIG_NAME", 2, 3, "letters, digits"]],
  },
  {
    name: "DHCP options: unknown, reserved, unfit, unsaid, twice",
    yaml: `hosts:
  - name: a
    mac: 52:54:00:12:34:56
    options:
      ntp-server: 10.0.0.1
      51: 3600
      42: ntp.example.org
      224: 1
      3: 10.0.0.1
      routers: 10.0.0.2
`,
    problems: [
      ["BW_CONFIG_OPTION", 5, 7, "did you mean ntp-servers?"],
      ["BW_CONFIG_OPTION", 6, 7, "leaseTime"],
      ["BW_CONFIG_OPTION", 7, 11, "write it like 10.0.0.1"],
      ["BW_CONFIG_OPTION", 8, 12, "say what it is: hex:"],
      ["BW_CONFIG_OPTION", 10, 7, "keep one of the two"],
    ],
  },
  {
    name: "a port alone to listen on",
    yaml: 'admin: {listen: ":8081"}\n',
    problems: [["BW_CONFIG_LISTEN", 1, 17, "127.0.0.1:8081"]],
  },
  {
    name: "media outside of the media folder",
    yaml: "profiles:\n  p: {installer: image, image: ../disk.raw}\n  q: {installer: image, image: /srv/disk.raw}\n",
    problems: [
      ["BW_CONFIG_PATH", 2, 32, "without .."],
      ["BW_CONFIG_PATH", 3, 32, "into the media folder"],
    ],
  },
  {
    name: "an archive and a disc for an image",
    yaml: "profiles:\n  p: {installer: image, image: disk.tar.xz}\n  q: {installer: image, image: debian.iso}\n",
    problems: [
      ["BW_CONFIG_IMAGE", 2, 32, "unpack it"],
      ["BW_CONFIG_IMAGE", 3, 32, "cloud image"],
    ],
  },
  {
    name: "half a SHA-256",
    yaml: "profiles:\n  p: {installer: image, image: a.raw, sha256: abcdef}\n",
    problems: [["BW_CONFIG_SHA256", 2, 47, "sha256sum"]],
  },
  {
    name: "a disk without /dev",
    yaml: "defaults: {disk: sda}\n",
    problems: [["BW_CONFIG_DISK", 1, 18, "write /dev/sda"]],
  },
  {
    name: "users whose hash, key and name are none",
    yaml: `defaults:
  users:
    - name: Admin
      passwordHash: secret
      sshKeys: [ssh-ed25519, "-----BEGIN OPENSSH PRIVATE KEY-----"]
`,
    problems: [
      ["BW_CONFIG_NAME", 3, 13, "lower-case"],
      ["BW_CONFIG_PASSWORD", 4, 21, "mkpasswd -m sha-512"],
      ["BW_CONFIG_SSH_KEY", 5, 17, ".pub"],
      ["BW_CONFIG_SSH_KEY", 5, 30, "public key"],
    ],
  },
  {
    name: "a time zone, locale and keyboard that there are not",
    yaml: "defaults:\n  timezone: Berlin/Europe\n  locale: german\n  keyboard: QWERTZ!\n",
    problems: [
      ["BW_CONFIG_SYSTEM", 2, 13, "Europe/Berlin"],
      ["BW_CONFIG_SYSTEM", 3, 11, "en_US.UTF-8"],
      ["BW_CONFIG_SYSTEM", 4, 13, "us"],
    ],
  },

  // What does not fit together.
  {
    name: "two hosts of one name, whatever the case",
    yaml: "hosts:\n  - {name: web, mac: 52:54:00:00:00:01}\n  - {name: Web, mac: 52:54:00:00:00:02}\n",
    problems: [["BW_CONFIG_DUPLICATE_NAME", 3, 12, "a name of its own", 2, 12]],
  },
  {
    name: "two hosts of one MAC, in two spellings",
    yaml: "hosts:\n  - {name: a, mac: 52:54:00:AB:00:01}\n  - {name: b, mac: 5254.00ab.0001}\n",
    problems: [["BW_CONFIG_DUPLICATE_MAC", 3, 20, "copy it from", 2, 20]],
  },
  {
    name: "three hosts of one address",
    yaml: `${SERVER}hosts:
  - {name: a, mac: 52:54:00:00:00:01, address: 10.0.0.5}
  - {name: b, mac: 52:54:00:00:00:02, address: 10.0.0.5}
  - name: c
    mac: 52:54:00:00:00:03
    network: {address: 10.0.0.5/24}
`,
    problems: [
      ["BW_CONFIG_DUPLICATE_ADDRESS", 9, 48, "an address of its own", 8, 48],
      ["BW_CONFIG_DUPLICATE_ADDRESS", 12, 24, "an address of its own", 8, 48],
    ],
  },
  {
    name: "a profile that there is not",
    yaml: `${PROFILE}hosts:\n  - {name: a, mac: 52:54:00:00:00:01, profile: clod}\n`,
    problems: [["BW_CONFIG_UNKNOWN_PROFILE", 4, 48, "did you mean cloud?", 2, 10]],
  },
  {
    name: "a profile where there are none",
    yaml: "hosts:\n  - {name: a, mac: 52:54:00:00:00:01, profile: cloud}\n",
    problems: [["BW_CONFIG_UNKNOWN_PROFILE", 2, 48, "add it under `profiles:`"]],
  },
  {
    name: "an address outside of its subnet",
    yaml: `${SERVER}hosts:\n  - {name: a, mac: 52:54:00:00:00:01, address: 10.0.1.5}\n`,
    problems: [["BW_CONFIG_ADDRESS_OUTSIDE", 8, 48, "choose one in 10.0.0.0/24", 4, 13]],
  },
  {
    name: "the addresses of the router, of this server, of the network and its broadcast",
    yaml: `${SERVER}advertise: 10.0.0.2
hosts:
  - {name: a, mac: 52:54:00:00:00:01, address: 10.0.0.1}
  - {name: b, mac: 52:54:00:00:00:02, address: 10.0.0.2}
  - {name: c, mac: 52:54:00:00:00:03, address: 10.0.0.0}
  - {name: d, mac: 52:54:00:00:00:04, address: 10.0.0.255}
`,
    problems: [
      ["BW_CONFIG_ADDRESS_TAKEN", 9, 48, "another address", 5, 15],
      ["BW_CONFIG_ADDRESS_TAKEN", 10, 48, "another address", 7, 12],
      ["BW_CONFIG_ADDRESS_TAKEN", 11, 48, "another address", 4, 13],
      ["BW_CONFIG_ADDRESS_TAKEN", 12, 48, "another address", 4, 13],
    ],
  },
  {
    name: "a pool outside of its subnet",
    yaml: SERVER.replace("10.0.0.199", "10.0.1.20"),
    problems: [["BW_CONFIG_POOL_OUTSIDE", 6, 13, "stay between 10.0.0.1 and 10.0.0.254", 4, 13]],
  },
  {
    name: "a pool with the broadcast address",
    yaml: SERVER.replace("10.0.0.199", "10.0.0.255"),
    problems: [["BW_CONFIG_ADDRESS_TAKEN", 6, 13, "write 10.0.0.100-10.0.0.254", 4, 13]],
  },
  {
    name: "a pool with the router in it",
    yaml: SERVER.replace("router: 10.0.0.1", "router: 10.0.0.150"),
    problems: [["BW_CONFIG_ADDRESS_TAKEN", 6, 13, "[10.0.0.100-10.0.0.149, 10.0.0.151-10.0.0.199]", 5, 15]],
  },
  {
    name: "ranges that overlap",
    yaml: SERVER.replace("10.0.0.100-10.0.0.199", "[10.0.0.10-10.0.0.20, 10.0.0.20-10.0.0.30]"),
    problems: [["BW_CONFIG_POOL_OVERLAP", 6, 35, "join the two", 6, 14]],
  },
  {
    name: "a router outside of its subnet",
    yaml: SERVER.replace("router: 10.0.0.1", "router: 10.0.1.1"),
    problems: [["BW_CONFIG_ROUTER_OUTSIDE", 5, 15, "often 10.0.0.1", 4, 13]],
  },
  {
    name: "subnets that overlap",
    yaml: `${SERVER}    - cidr: 10.0.0.0/16\n`,
    problems: [["BW_CONFIG_SUBNET_OVERLAP", 7, 13, "make them smaller", 4, 13]],
  },
  {
    name: "a DHCP server without subnets",
    yaml: "dhcp:\n  mode: server\n",
    problems: [["BW_CONFIG_NO_SUBNETS", 2, 9, "mode: proxy"]],
  },
  {
    name: "a static network without an address",
    yaml: `${PROFILE}defaults:\n  network: static\nhosts:\n  - {name: a, mac: 52:54:00:00:00:01, profile: cloud}\n`,
    problems: [["BW_CONFIG_NETWORK", 6, 5, "add address:", 4, 12]],
  },
  {
    name: "a static network of which nothing says the netmask",
    yaml: `${PROFILE}hosts:
  - name: a
    mac: 52:54:00:00:00:01
    profile: cloud
    address: 10.0.0.5
    network: static
`,
    problems: [["BW_CONFIG_NETWORK", 7, 14, "network: {address: 10.0.0.5/24", 8, 14]],
  },
  {
    name: "a gateway that cannot be reached",
    yaml: `${PROFILE}hosts:
  - name: a
    mac: 52:54:00:00:00:01
    profile: cloud
    network: {address: 10.0.0.5/24, gateway: 10.0.1.1}
`,
    problems: [["BW_CONFIG_NETWORK", 7, 46, "correct the prefix length", 7, 24]],
  },
  {
    name: "a loader that the firmware cannot run",
    yaml: `${PROFILE}defaults: {loader: pxelinux}
hosts:
  - {name: a, mac: 52:54:00:00:00:01, profile: cloud, firmware: uefi}
  - {name: b, mac: 52:54:00:00:00:02, profile: cloud, firmware: bios}
`,
    problems: [["BW_CONFIG_LOADER", 3, 20, "use loader: grub", 5, 65]],
  },
  {
    name: "a container, or a clone, with a profile",
    yaml: `${PROFILE}hosts:
  - {name: a, mac: 52:54:00:00:00:01, kind: lxc, profile: cloud}
  - {name: b, mac: 52:54:00:00:00:02, kind: clone, cloneOf: 9000, profile: cloud}
`,
    problems: [
      ["BW_CONFIG_GUEST", 4, 59, "bootwire pct", 4, 45],
      ["BW_CONFIG_GUEST", 5, 76, "bootwire qm", 5, 45],
    ],
  },
  {
    name: "a golden image with a fixed address that is installed again and again",
    yaml: `profiles:
  golden: {installer: image, image: disk.raw, template: true}
hosts:
  - name: a
    mac: 52:54:00:00:00:01
    profile: golden
    install: always
    network: {address: 10.0.0.5/24}
`,
    problems: [
      ["BW_CONFIG_TEMPLATE", 7, 14, "install: once", 2, 57],
      ["BW_CONFIG_TEMPLATE", 8, 14, "kind: clone", 2, 57],
    ],
  },
  {
    name: "a clone of nothing",
    yaml: "hosts:\n  - {name: a, mac: 52:54:00:00:00:01, kind: clone}\n",
    problems: [["BW_CONFIG_GUEST", 2, 45, "cloneOf:"]],
  },
  {
    name: "two guests with one number, and one with that of no guest",
    yaml: `hosts:
  - {name: a, mac: 52:54:00:00:00:01, vmid: 101}
  - {name: b, mac: 52:54:00:00:00:02, vmid: 101}
  - {name: c, mac: 52:54:00:00:00:03, vmid: 99}
`,
    problems: [
      ["BW_CONFIG_GUEST", 3, 45, "a vmid of its own", 2, 45],
      ["BW_CONFIG_VALUE", 4, 45, "at least 100"],
    ],
  },
  {
    name: "a network card that two machines have",
    yaml: `hosts:
  - {name: a, mac: 52:54:00:00:00:01, otherMacs: 52:54:00:00:00:03}
  - {name: b, mac: 52:54:00:00:00:03}
`,
    problems: [["BW_CONFIG_DUPLICATE_MAC", 3, 20, "a MAC of its own", 2, 50]],
  },
  {
    name: "a disk and a memory of no size",
    yaml: "defaults: {guest: {diskSize: 512MiB, memory: 16MiB}}\n",
    problems: [
      ["BW_CONFIG_SIZE", 1, 30, "32GiB"],
      ["BW_CONFIG_SIZE", 1, 46, "2GiB"],
    ],
  },
  {
    name: "two listeners on one port",
    yaml: "http: {port: 8081}\nadmin: {listen: 127.0.0.1:8081}\n",
    problems: [["BW_CONFIG_PORT_CLASH", 2, 17, "another port", 1, 14]],
  },
  {
    name: "a hook that posts to no web server, one with a password in its URL, and one of an unknown event",
    yaml: `hooks:
  - {url: "ftp://a.example.org/", secret: 0123456789abcdef}
  - {url: "https://u:p@a.example.org/", secret: 0123456789abcdef}
  - {url: "https://a.example.org/", secret: 0123456789abcdef, events: [attempt.finished]}
`,
    problems: [
      ["BW_CONFIG_URL", 2, 11, "in full"],
      ["BW_CONFIG_URL", 3, 11, "leave them out"],
      ["BW_CONFIG_VALUE", 4, 72, ""],
    ],
  },
  {
    name: "hooks without a secret, with two, and with a short one",
    yaml: `hooks:
  - {url: "https://a.example.org/"}
  - {url: "https://a.example.org/", secret: 0123456789abcdef, secretFile: hook-secret}
  - {url: "https://a.example.org/", secret: "123"}
`,
    problems: [
      ["BW_CONFIG_HOOK_SECRET", 2, 5, "openssl rand"],
      ["BW_CONFIG_HOOK_SECRET", 3, 75, "openssl rand"],
      ["BW_CONFIG_VALUE", 4, 45, ""],
    ],
  },
  {
    name: "a listener on a port that is another's by default",
    yaml: "http: {port: 8081}\n",
    problems: [["BW_CONFIG_PORT_CLASH", 1, 14, "another port"]],
  },
  {
    name: "a user with a password and a hash, and one twice",
    yaml: `defaults:
  users:
    - name: admin
      password: secret
      passwordHash: $6$salt$0123456789
    - name: admin
`,
    problems: [
      ["BW_CONFIG_PASSWORD", 5, 21, "keep the hash", 4, 17],
      ["BW_CONFIG_DUPLICATE_NAME", 6, 13, "join the two", 3, 13],
    ],
  },

  // All at once.
  {
    name: "everything at once, in the order of the file",
    yaml: `interfaces: eth0
dhcp:
  mode: server
  subnets:
    - cidr: 10.0.0.0/24
      router: 10.0.9.1
      leaseTime: ages
hosts:
  - name: a
    mac: 52:54:00:00:00:01
    profile: nothing
    disk: sda
  - name: a
    mac: 52-54-00-00-00-01
    address: 10.0.7.7
    firmwear: uefi
`,
    problems: [
      ["BW_CONFIG_UNKNOWN_KEY", 1, 1, "did you mean interface?"],
      ["BW_CONFIG_ROUTER_OUTSIDE", 6, 15, "often 10.0.0.1", 5, 13],
      ["BW_CONFIG_DURATION", 7, 18, "12h"],
      ["BW_CONFIG_UNKNOWN_PROFILE", 11, 14, "add it under"],
      ["BW_CONFIG_DISK", 12, 11, "/dev/sda"],
      ["BW_CONFIG_DUPLICATE_NAME", 13, 11, "a name of its own", 9, 11],
      ["BW_CONFIG_DUPLICATE_MAC", 14, 10, "a MAC of its own", 10, 10],
      ["BW_CONFIG_ADDRESS_OUTSIDE", 15, 14, "choose one in 10.0.0.0/24", 5, 13],
      ["BW_CONFIG_UNKNOWN_KEY", 16, 5, "did you mean firmware?"],
    ],
  },
];

describe("a bad config", () => {
  test.each(CASES)("$name", ({ yaml, problems }) => {
    const result = parseConfig(yaml, "/lab/bootwire.yaml");
    const found = result.ok ? [] : result.problems;
    expect(found.map(place)).toEqual(problems.map(expectedPlace));
    found.forEach((problem, index) => {
      expect(problem.hint).toContain(problems[index]?.[3]);
      expect(problem.file).toBe("/lab/bootwire.yaml");
      expect(problem.message).not.toMatch(/undefined|NaN|\[object/);
    });
  });

  test("never repeats a password", () => {
    const yaml =
      "defaults:\n  users:\n    - {name: A, password: hunter2hunter2, passwordHash: hunter3hunter3}\n";
    expect(JSON.stringify(parseConfig(yaml, "/lab/bootwire.yaml"))).not.toContain("hunter");
  });
});

function place({ code, line, column, related }: ConfigProblem): string {
  return `${line}:${column} ${code}${related ? ` see ${related.line}:${related.column}` : ""}`;
}

function expectedPlace([code, line, column, , otherLine, otherColumn]: Expected): string {
  return `${line}:${column} ${code}${otherLine === undefined ? "" : ` see ${otherLine}:${otherColumn}`}`;
}
