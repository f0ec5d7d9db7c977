import type { Socket } from "node:dgram";
import { availableParallelism } from "node:os";
import { DgramWires, SharedPortWires } from "./dgram-wires.ts";
import type { LaneEvent } from "./lane.ts";
import { type LanePort, LocalLane } from "./lane-shell.ts";
import type { TftpLimits } from "./limits.ts";
import type { PortRange } from "./ports.ts";
import { WorkerLane } from "./worker-lane-shell.ts";

export interface LanesOptions {
  readonly limits: TftpLimits;
  readonly ports: PortRange | undefined;
  /** Threads that are wanted; undefined: as the processors allow. */
  readonly workers: number | undefined;
  /** Our address → its request socket, when all transfers are to use that one's port. */
  readonly shared: ReadonlyMap<string, Socket> | undefined;
  readonly emit: (event: LaneEvent) => void;
}

/** Where transfers run: threads where the system has what they need, else the caller's own. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes: LanePort[] = [];
  readonly #sharedWires: SharedPortWires | undefined;
  #closing = false;

  private constructor(options: LanesOptions) {
    this.#options = options;
    const { shared } = options;
    this.#sharedWires = shared && new SharedPortWires((local) => shared.get(local));
  }

  static async start(options: LanesOptions): Promise<Lanes> {
    const lanes = new Lanes(options);
    await lanes.#start();
    return lanes;
  }

  /** How octets are moved, for the log. */
  get description(): string {
    const [first] = this.#lanes;
    if (first instanceof WorkerLane) {
      const count = this.#lanes.length;
      return `${count} ${count === 1 ? "thread" : "threads"}, ${first.description}`;
    }
    return first?.description ?? "closed";
  }

  /** The lane that has least to do; undefined after `close`. */
  choose(): LanePort | undefined {
    let best: LanePort | undefined;
    for (const lane of this.#lanes) if (best === undefined || lane.load < best.load) best = lane;
    return best;
  }

  /** Gives a packet that came to the request port to the transfer of its sender; false when that is not our business. */
  deliver(bytes: Buffer, from: { readonly address: string; readonly port: number }): boolean {
    return this.#sharedWires?.deliver(bytes, from) ?? false;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lanes.splice(0).map((lane) => lane.close(this.#options.limits.grace)));
  }

  async #start(): Promise<void> {
    const { workers, shared, limits, ports, emit } = this.#options;
    const wanted = workers ?? defaultWorkers();
    // Threads run what was built; from the sources there is nothing that Node could start.
    const script = import.meta.url.endsWith(".js") ? new URL("./worker.js", import.meta.url) : undefined;
    const sharedPorts =
      shared && new Map([...shared].map(([address, socket]) => [address, socket.address().port]));
    for (let i = 0; i < wanted && script; i++) {
      const lane = await WorkerLane.start({
        script,
        setup: { limits: laneLimits(limits, wanted), ports, sharedPorts },
        emit,
        onDeath: (dead) => this.#replace(dead),
      });
      if (!lane) break;
      this.#lanes.push(lane);
    }
    if (this.#lanes.length === 0) this.#lanes.push(this.#localLane());
  }

  #localLane(): LocalLane {
    const { limits, ports, emit } = this.#options;
    return new LocalLane({
      wires: this.#sharedWires ?? new DgramWires(ports),
      limits: laneLimits(limits, 1),
      now: () => performance.now(),
      emit,
    });
  }

  /** A thread that died takes its transfers along; what comes goes to the others, or the slower way. */
  #replace(dead: LanePort): void {
    const index = this.#lanes.indexOf(dead);
    if (index < 0 || this.#closing) return;
    this.#lanes.splice(index, 1);
    if (this.#lanes.length === 0) this.#lanes.push(this.#localLane());
  }
}

/** A lane's part. Three quarters of the memory are for the lanes' own pieces, one for the files that all share. */
function laneLimits(limits: TftpLimits, lanes: number): TftpLimits {
  return {
    ...limits,
    memory: Math.floor((limits.memory * 3) / 4 / lanes),
    reads: Math.max(1, Math.floor(limits.reads / lanes)),
  };
}

/**
 * One thread serves a segment; more where there are processors to spare beside the rest of the machine's work, but not so
 * many that a disk that hangs could take all of Node's file threads.
 */
function defaultWorkers(): number {
  return Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)));
}
