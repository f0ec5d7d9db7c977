import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig, parseConfig } from "../../../src/config/load.ts";
import { firewallHints } from "../../../src/doctor/firewall.ts";
import {
  judgeClock,
  judgeMemory,
  judgePort,
  judgeRights,
  judgeSpace,
} from "../../../src/doctor/host-checks.ts";
import { checkInterfaces, judgeServers, type Offered } from "../../../src/doctor/network-checks.ts";
import { ipv4 } from "../../../src/net/ipv4.ts";
import { checkLoaders, checkServers, judgeMedia } from "../../../src/offline/doctor.ts";

const PORTS = [
  { protocol: "udp", port: 67, what: "DHCP" },
  { protocol: "udp", port: 69, what: "TFTP" },
  { protocol: "tcp", port: 8080, what: "HTTP" },
] as const;

const nft = (...rules: string[]) => `table inet filter {
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tiif "lo" accept
${rules.map((rule) => `\t\t${rule}\n`).join("")}\t}
}`;

describe("files that are not in the media folder", () => {
  test.each([
    ["of a profile that no machine has, as in the starter config", "", "warn"],
    ["of a machine's profile", "\n  - {name: web-1, mac: 52:54:00:12:34:56, profile: cloud-image}\n", "fail"],
  ])("%s", (_what, host, status) => {
    const starter = readFileSync(resolve("templates/bootwire.yaml"), "utf8");
    const parsed = parseConfig(starter.replace(/^hosts:\n[\s\S]*/m, `hosts:${host}\n`), "bootwire.yaml");
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const missing = [{ profile: "cloud-image", key: "image", file: "disk.qcow2" }];
    expect(judgeMedia(parsed.config, missing)).toEqual([
      expect.objectContaining({ check: "media", status, code: "BW_DOCTOR_MEDIA" }),
    ]);
  });
});

describe("hints from a packet filter", () => {
  test.each([
    ["nothing", "", "ok", ""],
    ["nftables that let everything in", nft().replace("policy drop", "policy accept"), "ok", ""],
    ["nftables that drop all", nft(), "warn", "UDP 67 (DHCP), UDP 69 (TFTP), TCP 8080 (HTTP)"],
    ["nftables with some", nft("udp dport { 67, 4011 } accept"), "warn", "UDP 69 (TFTP), TCP 8080 (HTTP)"],
    ["a wrong protocol", nft("tcp dport { 67, 69, 8080 } accept"), "warn", "UDP 67 (DHCP), UDP 69 (TFTP)"],
    [
      "rules that drop them",
      nft("udp dport 60-70 drop", "tcp dport 8080 accept"),
      "warn",
      "UDP 67 (DHCP), UDP 69",
    ],
    ["nftables with all", nft("udp dport 60-70 accept", "tcp dport 8080 accept"), "ok", ""],
    ["iptables that let everything in", ":INPUT ACCEPT [0:0]\n", "ok", ""],
    [
      "iptables that drop all",
      "*filter\n:INPUT DROP [0:0]\n",
      "warn",
      "UDP 67 (DHCP), UDP 69 (TFTP), TCP 8080",
    ],
    [
      "iptables with all",
      ":INPUT DROP [0:0]\n-A INPUT -p udp -m multiport --dports 67:69 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\n",
      "ok",
      "",
    ],
    [
      "iptables that reject at the end",
      ":INPUT ACCEPT [0:0]\n-A INPUT -p udp --dport 67 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n",
      "warn",
      "none names UDP 69 (TFTP), TCP 8080 (HTTP)",
    ],
  ])("%s", (_what, rules, status, text) => {
    const [finding, ...rest] = firewallHints(rules, PORTS);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ status, code: status === "ok" ? null : "BW_DOCTOR_FIREWALL" });
    expect(finding?.text).toContain(text);
  });
});

describe("other DHCP servers", () => {
  const offer: Offered = { server: ipv4(0x0a000001), interface: "eth0", address: ipv4(0x0a000065), file: "" };

  test.each([
    ["server", [offer], ["fail", "BW_DOCTOR_OTHER_DHCP"]],
    ["server", [], ["ok", null]],
    ["proxy", [offer], ["ok", null]],
    ["proxy", [{ ...offer, file: "pxelinux.0" }], ["warn", "BW_DOCTOR_OTHER_DHCP"]],
    ["proxy", [], ["warn", "BW_DOCTOR_NO_DHCP"]],
    ["off", [offer], ["ok", null]],
  ] as const)("for dhcp.mode: %s, %j", (mode, offers, [status, code]) => {
    expect(judgeServers(mode, offers)).toMatchObject([{ status, code }]);
  });
});

describe("what the host gives", () => {
  const [dhcp] = PORTS;
  const MIB = 1024 * 1024;

  test.each([
    ["a free port", judgePort(dhcp, "0.0.0.0", undefined), null],
    ["a port that is taken", judgePort(dhcp, "0.0.0.0", "EADDRINUSE"), "BW_DOCTOR_PORT"],
    ["a port without the right", judgePort(dhcp, "0.0.0.0", "EACCES"), "BW_DOCTOR_RIGHTS"],
    ["root", judgeRights("CapEff:\t000001ffffffffff\n"), null],
    ["a user", judgeRights("CapEff:\t0000000000000000\n"), "BW_DOCTOR_RIGHTS"],
    ["the service", judgeRights("CapEff:\t0000000000002400\n"), null],
    ["a system without capabilities", judgeRights(""), null],
    ["a clock that is kept", judgeClock("synchronized"), null],
    ["a clock that nobody keeps", judgeClock("unsynchronized"), "BW_DOCTOR_TIME"],
    ["a clock that cannot be asked", judgeClock("unknown"), "BW_DOCTOR_TIME"],
    ["room", judgeSpace("state", "/s", 200 * MIB, 100 * MIB), null],
    ["no room", judgeSpace("state", "/s", 99 * MIB, 100 * MIB), "BW_DOCTOR_SPACE"],
    ["memory", judgeMemory(512 * MIB), null],
    ["little memory", judgeMemory(100 * MIB), "BW_DOCTOR_MEMORY"],
  ])("%s", (_what, finding, code) => {
    expect(finding).toMatchObject({
      code,
      status: code === null ? "ok" : expect.stringMatching(/warn|fail/),
    });
    expect(finding.remedy === "").toBe(code === null);
  });

  test("loaders that are not there", async () => {
    expect(await checkLoaders("/nonexistent")).toMatchObject([{ status: "fail", code: "BW_DOCTOR_LOADERS" }]);
  });

  test("an interface that is not there can be neither served nor asked", async () => {
    const loaded = await loadConfig(resolve("templates/bootwire.yaml"));
    if (!loaded.ok) throw new Error("the starter config is right");
    const config = { ...loaded.config, interfaces: ["none0"] };
    expect((await checkInterfaces(config)).findings).toMatchObject([{ code: "BW_DOCTOR_INTERFACE" }]);
    const none = { name: "none0", address: ipv4(1), prefix: 8, mac: undefined, addresses: [] };
    expect(await checkServers(config, [none], 0)).toMatchObject([{ code: "BW_DOCTOR_NOT_ASKED" }]);
  });
});
