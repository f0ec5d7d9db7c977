import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { eventSchema } from "../../../src/api/events.ts";

/** An event of the daemon's timeline, as `bootwire events --json` prints it. */
export type Event = ReturnType<typeof eventSchema.parse>;

interface Waiting {
  readonly wanted: (event: Event) => boolean;
  readonly resolve: (event: Event) => void;
}

/** The timeline as it comes from a running `bootwire events --follow --json`. */
export class Timeline {
  readonly events: Event[] = [];
  readonly #waiting = new Set<Waiting>();

  constructor(follower: ChildProcess) {
    if (!follower.stdout) throw new TypeError("the follower's output goes elsewhere");
    createInterface(follower.stdout).on("line", (line) => this.#take(eventSchema.parse(JSON.parse(line))));
  }

  /** The first event that is wanted, of the past or to come. Rejects after `deadline` milliseconds. */
  async first(what: string, wanted: (event: Event) => boolean, deadline: number): Promise<Event> {
    const past = this.events.find(wanted);
    if (past) return past;
    return await new Promise<Event>((resolve, reject) => {
      const waiting: Waiting = {
        wanted,
        resolve: (event) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(event);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new Error(`no ${what} within ${deadline / 1000} s. The timeline so far:\n${this.text()}`));
      }, deadline);
      this.#waiting.add(waiting);
    });
  }

  /** One line an event: seconds since the first one, kind, text. */
  text(): string {
    const began = this.events[0]?.at ?? 0;
    const line = (event: Event) => {
      const seconds = ((event.at - began) / 1000).toFixed(1).padStart(6);
      return `${seconds}  ${event.machine ?? event.mac ?? "-"}  ${event.kind.padEnd(16)}  ${event.text}`;
    };
    return this.events.map(line).join("\n") || "(nothing)";
  }

  #take(event: Event): void {
    this.events.push(event);
    for (const waiting of [...this.#waiting]) if (waiting.wanted(event)) waiting.resolve(event);
  }
}
