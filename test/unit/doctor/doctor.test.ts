import { describe, expect, test } from "vitest";
import { firewallHints } from "../../../src/doctor/firewall.ts";
import { judgeServers, type Offered } from "../../../src/doctor/network-checks.ts";
import { ipv4 } from "../../../src/net/ipv4.ts";

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
