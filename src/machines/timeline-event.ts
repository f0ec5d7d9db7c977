import type { Instant, MachineRecord, TimelineEvent } from "./model.ts";

/** A line for the timeline of a machine, about itself or one of its attempts. */
export function lineOf(
  record: MachineRecord,
  at: Instant,
  kind: string,
  text: string,
  more?: { readonly attempt?: string | undefined; readonly data?: TimelineEvent["data"] },
): TimelineEvent {
  return {
    at,
    mac: record.mac,
    machine: record.name,
    attempt: more?.attempt,
    kind,
    text,
    data: more?.data,
  };
}
