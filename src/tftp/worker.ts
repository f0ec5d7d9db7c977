import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Lane, TICK } from "./lane.ts";
import { loadNativeSockets, type NativeSockets } from "./native.ts";
import { NativeWires } from "./native-wires.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker-messages.ts";

/** How long to look for the next packet before waiting for it in earnest, milliseconds. */
const SPIN = 0.05;
/** How long to stay away from Node's own loop while packets keep coming, milliseconds. */
const SLICE = 2;
/** Turns without looking, after looking did not pay: doubled up to this. */
const LONGEST_PAUSE = 4096;

/**
 * A thread that runs transfers: waits for all their sockets at once, in system calls of its own, and goes back to
 * Node's loop for files and messages only.
 */
class TransferThread {
  readonly #lane: Lane;
  readonly #wires: NativeWires;
  readonly #wakeup: number;
  #looping = false;
  #woken = false;
  #tickAt = 0;
  #pause = 0;
  #pauseLength = 1;
  #onIdle: (() => void) | undefined;
  readonly #onEnd: () => void;

  constructor(
    native: NativeSockets,
    setup: WorkerSetup,
    post: (message: FromWorker) => void,
    onEnd: () => void,
  ) {
    this.#onEnd = onEnd;
    const now = () => performance.now();
    this.#wires = new NativeWires({
      native,
      ports: setup.ports,
      sharedPorts: setup.sharedPorts,
      now,
      onStranger: (client, server, bytes) => {
        post({ kind: "lane", event: { kind: "request", client, server, bytes } });
      },
    });
    this.#lane = new Lane({
      wires: this.#wires,
      limits: setup.limits,
      now,
      readCached: native.readCached,
      emit: (event) => {
        post({ kind: "lane", event });
        if (this.#lane.active === 0) this.#onIdle?.();
      },
    });
    this.#wakeup = native.wakeup();
    this.#wires.watch(this.#wakeup);
    post({ kind: "ready", description: this.#wires.description, wakeup: this.#wakeup });
  }

  take(message: ToWorker): void {
    switch (message.kind) {
      case "begin":
        this.#lane.begin(message.spec);
        this.#run();
        return;
      case "again":
        this.#lane.again(message.id);
        return;
      case "supersede":
        this.#lane.supersede(message.id);
        return;
      case "close":
        this.#close(message.grace);
        return;
      default:
        message satisfies never;
    }
  }

  #run(): void {
    if (this.#looping) return;
    this.#looping = true;
    setImmediate(() => this.#turn());
  }

  /** Serves packets until there is something that only Node's loop can do, or the slice is over. */
  #turn(): void {
    const until = performance.now() + SLICE;
    let served = true;
    for (;;) {
      const now = performance.now();
      if (now >= this.#tickAt) {
        this.#tickAt = now + TICK;
        this.#lane.tick();
      }
      if (this.#lane.active === 0) {
        this.#looping = false;
        return;
      }
      const pending = this.#lane.pending > 0;
      // Files come back by Node's loop: look in there often, but not without a pause.
      const patience = pending ? (served ? 0 : 1) : this.#tickAt - now;
      served = this.#poll(patience, pending);
      if (this.#woken || this.#lane.pending > 0 || performance.now() >= until) break;
    }
    this.#woken = false;
    setImmediate(() => this.#turn());
  }

  #poll(patience: number, pending: boolean): boolean {
    const other = () => this.#clearWakeup();
    if (!pending && this.#pause === 0) {
      // With a core to ourselves the answer comes sooner than the kernel could put us to sleep and wake us.
      const until = performance.now() + SPIN;
      do {
        if (this.#wires.poll(0, other) > 0) {
          this.#pauseLength = 1;
          return true;
        }
      } while (performance.now() < until);
      this.#pauseLength = Math.min(LONGEST_PAUSE, this.#pauseLength * 2);
      this.#pause = this.#pauseLength;
    } else if (this.#pause > 0) this.#pause--;
    return this.#wires.poll(Math.max(0, Math.ceil(patience)), other) > 0;
  }

  #clearWakeup(): void {
    this.#woken = true;
    try {
      readSync(this.#wakeup, Buffer.alloc(8));
    } catch {
      // It was cleared already.
    }
  }

  #close(grace: number): void {
    const finish = () => {
      this.#onIdle = undefined;
      clearTimeout(deadline);
      this.#lane.stopAll("the server is shutting down");
      this.#wires.close();
      this.#onEnd();
    };
    const deadline = setTimeout(finish, this.#lane.active > 0 ? grace : 0);
    this.#onIdle = () => setImmediate(finish);
  }
}

const port = parentPort;
if (!port) throw new Error("this file is a worker thread's");
const post = (message: FromWorker) => port.postMessage(message);
const setup: WorkerSetup = workerData;
const native = await loadNativeSockets();
if (native) {
  const thread = new TransferThread(native, setup, post, () => port.close());
  port.on("message", (message: ToWorker) => thread.take(message));
} else {
  post({ kind: "unable", reason: "koffi is missing" });
  port.close();
}
