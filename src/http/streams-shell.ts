import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { BootwireError } from "../errors.ts";
import { headersOfStream } from "./security-headers.ts";

/** How often a quiet stream says that it is alive, in milliseconds. */
const HEARTBEAT = 15_000;
/** What happens within this time goes out together, in milliseconds. */
const GATHER = 50;
/** A reader that takes nothing for this long is gone, or as good as that; in milliseconds. */
const PATIENCE = 60_000;
/** Streams at the same time. */
const MAX_STREAMS = 200;

/** What a stream has to say now. */
export interface Due {
  /** Empty: nothing. */
  readonly text: string;
  /** Milliseconds after which there will be more, whatever happens. */
  readonly again: number | undefined;
}

/** One message of an event stream (WHATWG HTML §9.2.6). */
export function sseMessage(message: { id?: number; event?: string; data: unknown }): string {
  const id = message.id === undefined ? "" : `id: ${message.id}\n`;
  const event = message.event === undefined ? "" : `event: ${message.event}\n`;
  return `${id}${event}data: ${JSON.stringify(message.data)}\n\n`;
}

/**
 * The event streams that are open. What a stream says is asked for when its reader can take it, and never queued: a slow
 * reader hears later, or of a later state, and costs no memory.
 */
export class Streams {
  #open = 0;

  /**
   * Opens a stream. `start` is given what to call when there may be something new, and returns how to ask for it and how
   * to stop. Throws BW_STREAMS_FULL.
   */
  open(
    reply: FastifyReply,
    start: (wake: () => void) => { readonly due: () => Due; readonly stop: () => void },
  ): void {
    if (this.#open >= MAX_STREAMS) {
      throw new BootwireError(
        "BW_STREAMS_FULL",
        `there are ${MAX_STREAMS} event streams open already`,
        "Close pages and commands that follow events, or try again later.",
      );
    }
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, headersOfStream());
    // Whoever listens is told at once that the stream is there, however quiet the network.
    raw.flushHeaders();
    this.#open += 1;
    const stream = new Stream(raw);
    const { due, stop } = start(() => stream.wake());
    stream.begin(due);
    raw.once("close", () => {
      this.#open -= 1;
      stop();
      stream.end();
    });
  }
}

class Stream {
  readonly #raw: ServerResponse;
  #due: (() => Due) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer is one that `wake` has set. */
  #isSoon = false;
  #patience: NodeJS.Timeout | undefined;
  #woken = false;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(raw: ServerResponse) {
    this.#raw = raw;
    this.#heartbeat = setInterval(() => {
      if (!this.#patience) this.#write(": alive\n\n");
    }, HEARTBEAT);
  }

  begin(due: () => Due): void {
    this.#due = due;
    this.#say();
  }

  wake(): void {
    this.#woken = true;
    // While the reader is behind, `drain` goes on.
    if (this.#patience || this.#isSoon) return;
    this.#isSoon = true;
    this.#sayIn(GATHER);
  }

  end(): void {
    this.#due = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    clearInterval(this.#heartbeat);
  }

  #sayIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(), milliseconds);
  }

  #say(): void {
    this.#isSoon = false;
    if (!this.#due || this.#patience) return;
    this.#woken = false;
    const { text, again } = this.#due();
    if (text !== "") this.#write(text);
    if (again !== undefined && !this.#patience) this.#sayIn(again);
    else if (again !== undefined) this.#woken = true;
  }

  #write(text: string): void {
    if (this.#raw.write(text)) return;
    this.#patience = setTimeout(() => this.#raw.destroy(), PATIENCE);
    this.#raw.once("drain", () => {
      clearTimeout(this.#patience);
      this.#patience = undefined;
      if (this.#woken) this.#sayIn(0);
    });
  }
}
