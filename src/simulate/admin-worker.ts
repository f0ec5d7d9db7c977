import { get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { eventSchema } from "../api/events.ts";

// An admin with the dashboard open: asks for the list and for single machines again and again, while the stream of events
// is read beside it. A thread of its own, so that the machines' work does not count as waiting.

/** One event, as short as it can be told. */
export type SeenEvent = readonly [id: number, machine: string, kind: string];

/** What the admin saw since he was asked last. */
export interface AdminReport {
  /** Milliseconds that each call took. */
  readonly list: readonly number[];
  readonly one: readonly number[];
  readonly events: readonly SeenEvent[];
}

export const adminTask = z.object({ base: z.string(), token: z.string(), names: z.array(z.string()) });

/** Milliseconds between calls. */
const PAUSE = 20;

if (parentPort) {
  const port = parentPort;
  const { base, token, names } = adminTask.parse(workerData);
  const headers = { authorization: `Bearer ${token}` };
  let [list, one, events]: [number[], number[], SeenEvent[]] = [[], [], []];
  let newest = 0;
  let wanted: number | undefined;
  const tell = () => {
    if (wanted === undefined || newest < wanted) return;
    wanted = undefined;
    port.postMessage({ list, one, events } satisfies AdminReport);
    [list, one, events] = [[], [], []];
  };
  let buffered = "";
  get(`${base}/events/stream?after=0`, { headers }, (response) => {
    response.setEncoding("utf8").on("data", (piece: string) => {
      const messages = (buffered + piece).split("\n\n");
      buffered = messages.pop() ?? "";
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data === undefined) continue;
        const event = eventSchema.parse(JSON.parse(data));
        newest = event.id;
        events.push([event.id, event.machine ?? "", event.kind]);
      }
      tell();
    });
  });
  port.on("message", (until: number) => {
    wanted = until;
    tell();
  });
  const timed = async (route: string, into: () => number[]) => {
    const began = performance.now();
    const response = await fetch(`${base}${route}`, { headers });
    await response.arrayBuffer();
    into().push(performance.now() - began);
  };
  for (let n = 0; ; n++) {
    await timed("/machines", () => list);
    await pause(PAUSE);
    await timed(`/machines/${names[n % names.length]}`, () => one);
    await pause(PAUSE);
  }
}
