import { closeSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { LaneEvent, TransferSpec } from "./lane.ts";
import type { LanePort } from "./lane-shell.ts";
import { negotiationLimits, type TftpLimits } from "./limits.ts";
import { negotiate } from "./options.ts";
import type { TftpEvent } from "./source.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker-messages.ts";

/** How long a thread may take to say that it is there: on a machine that has just been started too. */
const START_PATIENCE = 20_000;
/** How long it may take to end once it should. */
const END_PATIENCE = 5_000;
const ONE = Buffer.from(new BigUint64Array([1n]).buffer);

/** A lane in a thread of its own. */
export class WorkerLane implements LanePort {
  readonly description: string;
  readonly #worker: Worker;
  readonly #wakeup: number;
  readonly #running = new Map<number, TransferSpec>();
  readonly #exited: Promise<void>;
  #alive = true;

  /** Starts a thread; undefined when it cannot do what it is for. */
  static async start(options: {
    readonly script: URL;
    readonly setup: WorkerSetup;
    readonly emit: (event: LaneEvent) => void;
    /** The thread ended by itself: it is of no use any more, and its transfers have failed and are freed. */
    readonly onDeath: (lane: WorkerLane, reason: string) => void;
  }): Promise<WorkerLane | undefined> {
    // What it opens to be woken by is closed here, when it has ended, and not by Node before that.
    const worker = new Worker(options.script, {
      workerData: options.setup,
      name: "tftp",
      trackUnmanagedFds: false,
    });
    const first = await firstMessage(worker);
    if (first?.kind !== "ready") {
      await worker.terminate();
      return undefined;
    }
    return new WorkerLane(worker, first, options);
  }

  private constructor(
    worker: Worker,
    first: FromWorker & { readonly kind: "ready" },
    options: {
      readonly setup: WorkerSetup;
      readonly emit: (event: LaneEvent) => void;
      readonly onDeath: (lane: WorkerLane, reason: string) => void;
    },
  ) {
    const { setup, emit, onDeath } = options;
    this.#worker = worker;
    this.#wakeup = first.wakeup;
    this.description = first.description;
    let reason = "for no known reason";
    worker.on("message", (message: FromWorker) => {
      if (message.kind !== "lane") return;
      const { event } = message;
      if (event.kind === "freed") this.#running.delete(event.id);
      emit(event.kind === "request" ? { ...event, bytes: Buffer.from(event.bytes) } : event);
    });
    worker.on("error", (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    // At its end, and not at its error: that comes while the thread is still about to end.
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        const wanted = !this.#alive;
        this.#alive = false;
        // Only now: until here the thread may have been waiting for it.
        closeSync(this.#wakeup);
        for (const [id, spec] of this.#running) {
          emit({ kind: "event", event: lostTransfer(spec, setup.limits, reason) });
          emit({ kind: "freed", id, again: false });
        }
        this.#running.clear();
        resolve();
        if (!wanted) onDeath(this, reason);
      });
    });
  }

  /** Transfers that run in it. */
  get load(): number {
    return this.#running.size;
  }

  begin(spec: TransferSpec): void {
    this.#running.set(spec.id, spec);
    if (spec.content.kind === "bytes") {
      // A copy of just these octets: a slice would take its whole pool along.
      const bytes = Buffer.alloc(spec.content.bytes.length, spec.content.bytes);
      this.#post({ kind: "begin", spec: { ...spec, content: { kind: "bytes", bytes } } });
    } else this.#post({ kind: "begin", spec });
  }

  again(id: number): void {
    this.#post({ kind: "again", id });
  }

  supersede(id: number): void {
    this.#post({ kind: "supersede", id });
  }

  async close(grace: number): Promise<void> {
    if (!this.#alive) return;
    this.#post({ kind: "close", grace });
    this.#alive = false;
    const late = setTimeout(() => {
      this.#worker.terminate().catch(() => undefined);
    }, grace + END_PATIENCE);
    try {
      await this.#exited;
    } finally {
      clearTimeout(late);
    }
  }

  #post(message: ToWorker): void {
    if (!this.#alive) return;
    this.#worker.postMessage(message);
    writeSync(this.#wakeup, ONE);
  }
}

/** What became of a transfer whose thread ended: nobody knows how far it had come. */
function lostTransfer(spec: TransferSpec, limits: TftpLimits, reason: string): TftpEvent {
  const { filename, client, content, options, maxBlockSize } = spec;
  const size =
    content.kind === "laid-out" ? content.size : content.kind === "bytes" ? content.bytes.length : 0;
  const { blockSize, windowSize } = negotiate(options, size, negotiationLimits(limits, maxBlockSize));
  return {
    kind: "failed",
    transfer: {
      filename,
      client: { address: client.address, port: client.port },
      size,
      blockSize,
      windowSize,
    },
    stats: { bytes: 0, blocks: 0, retransmissions: 0, milliseconds: 0 },
    reason: `its thread ended: ${reason}`,
  };
}

/** The first message of a thread; undefined when none comes. */
function firstMessage(worker: Worker): Promise<FromWorker | undefined> {
  return new Promise((resolve) => {
    const settle = (message: FromWorker | undefined) => {
      clearTimeout(timer);
      worker.off("message", settle);
      worker.off("error", fail);
      worker.off("exit", fail);
      resolve(message);
    };
    const fail = () => settle(undefined);
    const timer = setTimeout(fail, START_PATIENCE);
    worker.on("message", settle);
    worker.on("error", fail);
    worker.on("exit", fail);
  });
}
