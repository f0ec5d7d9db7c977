import { ratio, verdict } from "./common.ts";

/** What one server showed: medians of all rounds. */
export interface Shown {
  readonly name: string;
  readonly kind: "ours" | "kea" | "other";
  /** Four-way exchanges per second. */
  readonly rate: number;
}

/** Ours is to be so many times as fast as the faster Kea, and as each of the others. */
const TIMES_KEA = 1.3;
const TIMES_OTHERS = 15;
/** Of its rate, ours is to keep at least so much on a slow disk. */
const KEPT_ON_SLOW_DISK = 0.5;
/** MiB, resident, with 50,000 leases. */
const MEMORY = 150;

/** How `ours` stands beside the others. `slow`: ours on a slow disk. */
export function rateVerdicts(ours: Shown, slow: Shown | undefined, peers: readonly Shown[]): string[] {
  const lines: string[] = [];
  const kea = fastest(peers.filter(({ kind }) => kind === "kea"));
  const others = peers.filter(({ kind }) => kind === "other");
  const goals = [...(kea ? [{ peer: kea, times: TIMES_KEA }] : [])];
  for (const peer of others) goals.push({ peer, times: TIMES_OTHERS });
  for (const { peer, times } of goals) {
    const said = `ours is ${ratio(ours.rate, peer.rate)}, goal ≥ ${times}`;
    lines.push(verdict(`rate beside ${peer.name}`, said, ours.rate >= times * peer.rate));
  }
  if (slow) {
    const said = `${ratio(slow.rate, ours.rate)} of the rate without, goal ≥ ${KEPT_ON_SLOW_DISK}`;
    lines.push(verdict(slow.name, said, slow.rate >= KEPT_ON_SLOW_DISK * ours.rate));
  }
  return lines;
}

export function fastest(peers: readonly Shown[]): Shown | undefined {
  return [...peers].sort((a, b) => b.rate - a.rate)[0];
}

/** Milliseconds, mean of all answers. */
export interface Latency {
  readonly offer: number;
  readonly ack: number;
}

/** Ours is to answer no later than Kea, at Kea's own highest rate. */
export function latencyVerdicts(ours: Latency, kea: Latency, name: string): string[] {
  const line = (what: string, own: number, others: number) =>
    verdict(
      `${what} at the highest rate of ${name}`,
      `${own.toFixed(2)} ms, goal ≤ its ${others.toFixed(2)} ms`,
      own <= others,
    );
  return [line("OFFER", ours.offer, kea.offer), line("ACK", ours.ack, kea.ack)];
}

export function memoryVerdict(name: string, peakMiB: number): string {
  const said = `${peakMiB.toFixed(0)} MiB resident at most, goal < ${MEMORY}`;
  return verdict(`memory of ${name}`, said, peakMiB < MEMORY);
}
