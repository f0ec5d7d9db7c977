import { ratio, verdict } from "./common.ts";

/** What one contestant showed in one case: medians of all rounds. */
export interface Shown {
  readonly name: string;
  /** MiB/s. */
  readonly speed: number;
  /** CPU seconds of the server for a GiB; undefined where it could not be counted. */
  readonly cpu: number | undefined;
  /** Most memory that was seen, MiB. */
  readonly memoryMiB: number;
}

/** What we want of a case: `speed` at least and `cpu` at most so many times the best peer's, `memoryMiB` below. */
export interface Goal {
  readonly speed?: number;
  readonly cpu?: number;
  readonly memoryMiB?: number;
}

/**
 * One line a goal, each with its verdict: `window 16: CPU is 0.17× the best peer's (atftpd), goal ≤ 0.3: met`. The best
 * peer is the best one in that very figure. Empty where there is nothing to compare with.
 */
export function verdicts(what: string, goal: Goal, ours: Shown, peers: readonly Shown[]): readonly string[] {
  const lines: string[] = [];
  const say = (text: string, met: boolean) => lines.push(verdict(what, text, met));
  const fastest = best(peers, ({ speed }) => -speed);
  if (goal.speed !== undefined && fastest) {
    const times = ratio(ours.speed, fastest.speed);
    const met = ours.speed >= goal.speed * fastest.speed;
    say(`throughput is ${times} the best peer's (${fastest.name}), goal ≥ ${goal.speed}`, met);
  }
  const counted = peers.flatMap(({ name, cpu }) => (cpu === undefined ? [] : [{ name, cpu }]));
  const leanest = best(counted, ({ cpu }) => cpu);
  if (goal.cpu !== undefined && ours.cpu !== undefined && leanest) {
    const times = ratio(ours.cpu, leanest.cpu);
    const met = ours.cpu <= goal.cpu * leanest.cpu;
    say(`CPU for a GiB is ${times} the best peer's (${leanest.name}), goal ≤ ${goal.cpu}`, met);
  }
  if (goal.memoryMiB !== undefined) {
    say(
      `memory is ${ours.memoryMiB.toFixed(0)} MiB, goal < ${goal.memoryMiB}`,
      ours.memoryMiB < goal.memoryMiB,
    );
  }
  return lines;
}

function best<P>(peers: readonly P[], cost: (peer: P) => number): P | undefined {
  return [...peers].sort((a, b) => cost(a) - cost(b))[0];
}
