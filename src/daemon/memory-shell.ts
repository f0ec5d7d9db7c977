import type { Logger } from "pino";
import { systemClock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import type { Machines } from "../machines/machines.ts";
import { cryptoIds } from "../machines/shell.ts";
import { SqliteLeaseStore } from "../store/lease-store.ts";
import { openState, type State } from "../store/state.ts";
import type { Closers } from "./closers.ts";
import { machineLives } from "./machine-lives.ts";
import { watchForStalls } from "./stalls.ts";

/** How often attempts are looked at for their time-out, in milliseconds. */
const TICK = 5_000;

/** What the daemon remembers from one run to the next. */
export interface Memory {
  readonly state: State;
  readonly leases: SqliteLeaseStore;
  readonly machines: Machines;
}

export interface MemoryOptions {
  readonly log: Logger;
  /** Told when the leases cannot be stored any more. */
  readonly onBroken: (error: Error) => void;
  /** Milliseconds that each sync of the leases is made to take longer. */
  readonly syncDelay: number | undefined;
}

/** Opens the state, the leases and the machines' lives, whose time goes on from here. Throws what `openState` throws. */
export async function openMemory(config: Config, options: MemoryOptions, closers: Closers): Promise<Memory> {
  const { log, onBroken, syncDelay } = options;
  const state = await openState(config.state, { now: systemClock, token: cryptoIds.token });
  closers.add("state", () => state.close());
  const leases = await SqliteLeaseStore.open(state.leasesPath, { onBroken, syncDelay });
  closers.add("leases", () => leases.close());
  const machines = machineLives(state.machines, config.hosts, (error) =>
    log.error({ err: error }, "the timeline could not be stored"),
  );
  closers.add("machines", () => machines.close());
  const ticking = setInterval(() => machines.tick(), TICK);
  closers.add("clock", () => clearInterval(ticking));
  const stalls = watchForStalls(machines);
  closers.add("stalls", () => stalls.close());
  return { state, leases, machines };
}
