import { systemClock } from "../clock.ts";
import type { Machines } from "../machines/machines.ts";
import { systemSchedule } from "../machines/shell.ts";
import { StallWatch } from "../timeline/stall-watch.ts";

/** Events of an install under way that are looked at again after a start. */
const REMEMBERED = 60;

/** Says on the timelines what does not come, also of installs that were under way when the daemon started. */
export function watchForStalls(machines: Machines): { close(): void } {
  const watch = new StallWatch({
    now: systemClock,
    schedule: systemSchedule,
    tell: (line) => machines.record(line),
  });
  for (const { record, attempt } of machines.list()) {
    if (attempt?.phase !== "running" && attempt?.phase !== "finishing") continue;
    for (const event of machines.events({ machine: record.name, limit: REMEMBERED })) watch.take(event);
  }
  const unsubscribe = machines.subscribe((event) => watch.take(event));
  return {
    close: () => {
      unsubscribe();
      watch.close();
    },
  };
}
