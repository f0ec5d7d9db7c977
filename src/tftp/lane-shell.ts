import type { Disk } from "./disk.ts";
import { Lane, type LaneEvent, TICK, type TransferSpec } from "./lane.ts";
import type { TftpLimits } from "./limits.ts";
import type { WireFactory } from "./wire.ts";

/** Where transfers run: in this thread or in another. */
export interface LanePort {
  /** One line for the log. */
  readonly description: string;
  /** Transfers in it. */
  readonly load: number;
  begin(spec: TransferSpec): void;
  again(id: number): void;
  supersede(id: number): void;
  /** Lets transfers go on for `grace` milliseconds, then ends them, and gives everything back. */
  close(grace: number): Promise<void>;
}

const SHUTDOWN = "the server is shutting down";

/** A lane in this thread, with Node's own timers. */
export class LocalLane implements LanePort {
  readonly #lane: Lane;
  readonly #wires: WireFactory;
  #timer: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: {
    readonly wires: WireFactory;
    readonly limits: TftpLimits;
    readonly now: () => number;
    readonly emit: (event: LaneEvent) => void;
    readonly disk?: Disk;
  }) {
    this.#wires = options.wires;
    this.#lane = new Lane({
      ...options,
      emit: (event) => {
        options.emit(event);
        if (event.kind === "freed" && this.#lane.active === 0) this.#rest();
      },
    });
  }

  get description(): string {
    return this.#wires.description;
  }

  get load(): number {
    return this.#lane.active;
  }

  /** Octets of memory that hold parts of files. */
  get memory(): number {
    return this.#lane.memory;
  }

  begin(spec: TransferSpec): void {
    this.#timer ??= setInterval(() => this.#lane.tick(), TICK);
    this.#lane.begin(spec);
  }

  again(id: number): void {
    this.#lane.again(id);
  }

  supersede(id: number): void {
    this.#lane.supersede(id);
  }

  async close(grace: number): Promise<void> {
    if (this.#lane.active > 0) {
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, grace);
        this.#onIdle = () => {
          clearTimeout(deadline);
          resolve();
        };
      });
      this.#lane.stopAll(SHUTDOWN);
    }
    this.#rest();
    this.#wires.close();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#onIdle?.();
  }
}
