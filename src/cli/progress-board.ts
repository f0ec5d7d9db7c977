import type { ApiEvent, ApiMachine } from "../api-types.ts";
import type { Io } from "./io.ts";
import { paint, printable } from "./text.ts";

/** What is under way, by machine. */
interface Progress {
  readonly what: string;
  readonly percent: number;
}

/** Signs in a bar, and bars at most: a terminal has so many lines. */
const WIDTH = 30;
const MOST = 15;

/** A progress bar for each machine that is installing or fetching something. */
export class ProgressBoard {
  readonly #bars = new Map<string, Progress>();

  /** What was under way before. */
  begin({ name, attempt }: Pick<ApiMachine, "name" | "attempt">): void {
    if (attempt?.phase === "running")
      this.#bars.set(name, { what: "installing", percent: attempt.percent ?? 0 });
  }

  take(event: ApiEvent): void {
    const who = event.machine ?? event.mac;
    if (who === null) return;
    const percent = event.data?.["percent"];
    switch (event.kind) {
      case "attempt.began":
      case "attempt.started":
        this.#bars.set(who, { what: "installing", percent: 0 });
        return;
      case "attempt.progress":
        if (typeof percent === "number") this.#bars.set(who, { what: event.text, percent });
        return;
      case "tftp.progress":
        if (typeof percent === "number") this.#bars.set(who, { what: event.text, percent });
        return;
      case "tftp.completed":
      case "tftp.failed":
        // The transfer's bar goes; that of an install under way stays.
        if (this.#bars.get(who)?.what.includes(" by TFTP") === true) this.#bars.delete(who);
        return;
      case "attempt.done":
      case "attempt.failed":
      case "attempt.cancelled":
      case "attempt.closed":
      case "machine.booted":
        this.#bars.delete(who);
    }
  }

  /** The bars, one a line, without line ends. */
  lines(io: Pick<Io, "colour">): string[] {
    const bars = [...this.#bars].slice(-MOST);
    const width = Math.max(0, ...bars.map(([who]) => printable(who).length));
    return bars.map(([who, { what, percent }]) => {
      const full = Math.round((Math.min(100, Math.max(0, percent)) * WIDTH) / 100);
      const bar = `${paint(io, "green", "█".repeat(full))}${"░".repeat(WIDTH - full)}`;
      const said = printable(what).slice(0, 60);
      return `${printable(who).padEnd(width)}  ${bar} ${String(Math.floor(percent)).padStart(3)} %  ${said}`;
    });
  }
}
