import { z } from "zod";
import type { SeenEvent } from "./admin-worker.ts";

const timed = z.object({ calls: z.number(), p50: z.number(), p95: z.number(), p99: z.number() });

/** How long calls took, in milliseconds. */
export type Timed = z.infer<typeof timed>;

/** What one round of installs came to. */
export const roundReport = z.object({
  round: z.number(),
  installed: z.number(),
  failed: z.number(),
  failures: z.array(z.string()),
  seconds: z.number(),
  /** `GET machines`, and `GET machines/NAME`. */
  list: timed,
  one: timed,
  /** Events that the stream brought, and what was wrong with their order. */
  events: z.number(),
  faults: z.array(z.string()),
  residentMiB: z.number(),
});

export type RoundReport = z.infer<typeof roundReport>;

/**
 * What a machine's timeline says of an install, in this order; what else it says is not looked at. A loader's download is
 * told by another thread: when is not certain, but that it is told is.
 */
export const STORY = [
  ...["dhcp.offer", "dhcp.ack", "dhcp.offer", "dhcp.ack"],
  ...["attempt.began", "attempt.started", "attempt.done"],
  ...["dhcp.offer", "dhcp.ack", "dhcp.offer", "dhcp.ack"],
  ...["machine.local", "machine.booted"],
];
const LOADER = "tftp.completed";
/** Network boots in the story, each with its loader. */
const BOOTS = 2;

/** What is wrong with the order of a stream's events, or missing in a machine's story. Pure. */
export function orderFaults(events: readonly SeenEvent[], machines: readonly string[]): string[] {
  const faults: string[] = [];
  const stories = new Map<string, string[]>(machines.map((name) => [name, []]));
  const loaders = new Map<string, number>();
  const told = new Set<string>(STORY);
  let last = 0;
  for (const [id, machine, kind] of events) {
    if (id <= last) faults.push(`event ${id} came after ${last}`);
    last = id;
    if (kind === LOADER) loaders.set(machine, (loaders.get(machine) ?? 0) + 1);
    const story = stories.get(machine);
    // A machine that asks again is told of again.
    if (told.has(kind) && story?.at(-1) !== kind) story?.push(kind);
  }
  const whole = STORY.join(" ");
  for (const [name, story] of stories) {
    if (story.join(" ") !== whole) faults.push(`${name}: ${story.join(" ")}`);
    if (loaders.get(name) !== BOOTS) faults.push(`${name}: ${loaders.get(name) ?? 0} loaders`);
  }
  return faults;
}
