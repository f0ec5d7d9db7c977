import type { Worker } from "node:worker_threads";
import { BootwireError } from "../errors.ts";
import { type LeaseReply, type LeaseRequest, receiveError } from "./lease-messages.ts";

interface Call {
  readonly resolve: (reply: LeaseReply) => void;
  readonly reject: (error: Error) => void;
}

/** Calls to the lease worker: it answers each, in order, until its thread ends. */
export class LeaseCalls {
  readonly #worker: Worker;
  readonly #exit: Promise<void>;
  /** The oldest first. */
  readonly #waiting: Call[] = [];
  #broken: Error | undefined;
  #isEnding = false;

  constructor(worker: Worker, onBroken: (error: Error) => void) {
    this.#worker = worker;
    worker.on("message", (reply: LeaseReply) => {
      const call = this.#waiting.shift();
      if (reply.kind === "failed") call?.reject(receiveError(reply.error));
      else call?.resolve(reply);
    });
    const fail = (cause: unknown): void => {
      if (this.#broken) return;
      this.#broken = brokenError(cause);
      for (const call of this.#waiting.splice(0)) call.reject(this.#broken);
      if (!this.#isEnding) onBroken(this.#broken);
    };
    worker.on("error", fail);
    this.#exit = new Promise((resolve) => {
      worker.on("exit", (code) => {
        fail(new Error(`its thread ended with code ${code}`));
        resolve();
      });
    });
  }

  /** The worker's word that it is ready, which it sends unasked. */
  started(): Promise<LeaseReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  call(request: LeaseRequest): Promise<LeaseReply> {
    const broken = this.#broken;
    if (broken) return Promise.reject(broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  /** Lets the worker finish what it has, and waits for its thread to end. */
  async close(): Promise<void> {
    this.#isEnding = true;
    try {
      await this.call({ kind: "close" });
    } catch (error) {
      if (!this.#broken) throw error;
    } finally {
      await this.#exit;
    }
  }

  /** Ends the thread as it is. */
  async abandon(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }
}

function brokenError(cause: unknown): BootwireError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new BootwireError(
    "BW_LEASES_BROKEN",
    `the lease store has stopped: ${detail}`,
    "Bootwire gives out no leases until it is started again.",
    { cause },
  );
}
