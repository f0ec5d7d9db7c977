import { type Finding, fine, wrong } from "./finding.ts";

/** A port that machines have to reach. */
export interface NeededPort {
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  readonly what: string;
}

/**
 * Hints from a host's packet filter, as `nft list ruleset` or `iptables-save` print it: a filter that drops what it does
 * not know, and says nothing of a port that machines need. It is no proof: rules can be of any shape. Pure.
 */
export function firewallHints(ruleset: string, needed: readonly NeededPort[]): Finding[] {
  if (!dropsByDefault(ruleset)) {
    return [fine("firewall", "the packet filter lets in what it has no rule for")];
  }
  const closed = needed.filter((one) => !isNamed(ruleset, one));
  if (closed.length === 0) return [fine("firewall", "the packet filter has a rule for each port")];
  const ports = closed
    .map(({ protocol, port, what }) => `${protocol.toUpperCase()} ${port} (${what})`)
    .join(", ");
  return [
    wrong(
      "firewall",
      "warn",
      "BW_DOCTOR_FIREWALL",
      `the packet filter drops what it has no rule for, and none names ${ports}`,
      `Allow them, with nftables like: nft add rule inet filter input ${closed[0]?.protocol} dport ${closed[0]?.port} accept`,
    ),
  ];
}

function dropsByDefault(ruleset: string): boolean {
  return (
    /hook input[^;]*;\s*policy drop/.test(ruleset) ||
    /^:INPUT DROP/m.test(ruleset) ||
    // A last rule that rejects everything (firewalld, RHEL's iptables).
    /^-A INPUT -j (?:REJECT|DROP)/m.test(ruleset) ||
    /hook input[\s\S]*?\n\s*(?:reject|drop)(?: with [^\n]*)?\n\s*}/.test(ruleset)
  );
}

/** Whether some rule that accepts names the port, alone, in a set or in a range. */
function isNamed(ruleset: string, { protocol, port }: NeededPort): boolean {
  return ruleset
    .split("\n")
    .filter((line) => /accept/i.test(line) && line.includes(protocol))
    .some((line) => portsIn(line).some(([first, last]) => first <= port && port <= last));
}

function portsIn(line: string): readonly (readonly [number, number])[] {
  const after = /(?:dport|dports)\s+(\{[^}]*\}|[\w\-:,]+)/.exec(line)?.[1] ?? "";
  return [...after.matchAll(/(\d+)(?:[-:](\d+))?/g)].map(([, first, last]) => [
    Number(first),
    Number(last ?? first),
  ]);
}
