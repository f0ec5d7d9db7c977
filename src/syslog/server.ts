import { createSocket, type Socket } from "node:dgram";
import { parseSyslog, type SyslogLine } from "./parse.ts";
import { Quota } from "./quota.ts";

/** What became of the datagrams that came. */
export interface SyslogCounters {
  /** Handed on. */
  readonly taken: number;
  /** Not syslog at all. */
  readonly malformed: number;
  /** Too many of one source. */
  readonly limited: number;
}

export interface SyslogServerOptions {
  readonly addresses: readonly string[];
  readonly port: number;
  /** A line of somebody. Must not throw. */
  readonly onLine: (source: string, line: SyslogLine) => void;
  /** This source begins to send too much: what it sends next is dropped for a while. */
  readonly onTooMuch: (source: string) => void;
  readonly onError: (error: Error) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Hears syslog over UDP (RFC 5426). Answers nothing, and hands on no more than each source's quota. */
export class SyslogServer {
  readonly #options: SyslogServerOptions;
  readonly #quota = new Quota();
  readonly #sockets: Socket[] = [];
  #counters: SyslogCounters = { taken: 0, malformed: 0, limited: 0 };

  constructor(options: SyslogServerOptions) {
    this.#options = options;
  }

  /** Since it was made. */
  counters(): SyslogCounters {
    return this.#counters;
  }

  /** Opens the sockets. Rejects with the system's error, and leaves none open then. */
  async start(): Promise<void> {
    try {
      for (const address of this.#options.addresses) await this.#open(address);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const sockets = this.#sockets.splice(0);
    await Promise.all(sockets.map((socket) => new Promise<void>((closed) => socket.close(closed))));
  }

  #open(address: string): Promise<void> {
    const socket = createSocket("udp4");
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => {
        socket.close();
        reject(error);
      };
      socket.once("error", refuse);
      socket.bind(this.#options.port, address, () => {
        socket.off("error", refuse);
        socket.on("error", this.#options.onError);
        socket.on("message", (bytes, from) => this.#receive(bytes, from.address));
        this.#sockets.push(socket);
        resolve();
      });
    });
  }

  #receive(bytes: Buffer, source: string): void {
    // The quota comes first: whoever floods us costs no more than looking it up.
    const verdict = this.#quota.take(source, this.#options.now());
    if (verdict !== "pass") {
      this.#count("limited");
      if (verdict === "first-over") this.#options.onTooMuch(source);
      return;
    }
    const line = parseSyslog(bytes);
    this.#count(line ? "taken" : "malformed");
    if (line) this.#options.onLine(source, line);
  }

  #count(what: keyof SyslogCounters): void {
    this.#counters = { ...this.#counters, [what]: this.#counters[what] + 1 };
  }
}
