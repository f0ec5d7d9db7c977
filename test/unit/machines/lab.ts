import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostConfig } from "../../../src/config/model.ts";
import { Machines } from "../../../src/machines/machines.ts";
import { createState, openState, type State, type StateParts } from "../../../src/store/state.ts";
import { countingIds, NOON } from "./life-fixture.ts";

/** Where a sync costs nothing: what is tested here is what a machine gets, not what a power cut leaves. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Timers that run when the test says so. */
export class ManualTimers {
  readonly #due = new Set<() => void>();

  readonly schedule = (action: () => void, _milliseconds: number): (() => void) => {
    this.#due.add(action);
    return () => void this.#due.delete(action);
  };

  get waiting(): number {
    return this.#due.size;
  }

  run(): void {
    for (const action of [...this.#due]) {
      this.#due.delete(action);
      action();
    }
  }
}

/** A state folder of its own, and the machines that live in it; the daemon without its servers. */
export class Lab {
  readonly folder = join(mkdtempSync(join(MEMORY, "bootwire-lab-")), "state");
  readonly timers = new ManualTimers();
  readonly errors: unknown[] = [];
  readonly #ids = countingIds();
  #hosts: readonly HostConfig[];
  #running: { readonly state: State; readonly machines: Machines } | undefined;
  now = NOON;

  private constructor(hosts: readonly HostConfig[]) {
    this.#hosts = hosts;
  }

  /** A lab whose admin has made its state. */
  static async create(hosts: readonly HostConfig[]): Promise<Lab> {
    const lab = new Lab(hosts);
    lab.#run(await createState(lab.folder, lab.#parts()));
    return lab;
  }

  /** A lab whose daemon was started where there is no state. */
  static async withoutState(hosts: readonly HostConfig[]): Promise<Lab> {
    const lab = new Lab(hosts);
    await lab.start();
    return lab;
  }

  get machines(): Machines {
    if (!this.#running) throw new Error("the daemon is not running");
    return this.#running.machines;
  }

  get state(): State {
    if (!this.#running) throw new Error("the daemon is not running");
    return this.#running.state;
  }

  get hosts(): readonly HostConfig[] {
    return this.#hosts;
  }

  host(name: string): HostConfig {
    const host = this.#hosts.find((each) => each.name === name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  }

  /** Starts the daemon as its unit would. */
  async start(): Promise<State> {
    const state = await openState(this.folder, this.#parts());
    this.#run(state);
    return state;
  }

  /** Ends the daemon in good order. */
  stop(): void {
    this.#running?.machines.close();
    this.#running?.state.close();
    this.#running = undefined;
  }

  async restart(): Promise<void> {
    this.stop();
    await this.start();
  }

  reconfigure(hosts: readonly HostConfig[]): void {
    this.#hosts = hosts;
    this.machines.reconcile(hosts);
  }

  /** Removes the state folder, as a mistaken hand would. */
  loseState(): void {
    rmSync(this.folder, { recursive: true });
  }

  dispose(): void {
    try {
      this.stop();
    } finally {
      rmSync(join(this.folder, ".."), { recursive: true });
    }
  }

  #parts(): StateParts {
    return { now: () => this.now, token: () => "admin-token" };
  }

  #run(state: State): void {
    const machines = new Machines({
      store: state.machines,
      hosts: this.#hosts,
      now: () => this.now,
      ids: this.#ids,
      schedule: this.timers.schedule,
      onError: (error) => this.errors.push(error),
    });
    this.#running = { state, machines };
  }
}
