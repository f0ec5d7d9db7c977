import { systemClock } from "../clock.ts";
import type { HostConfig } from "../config/model.ts";
import { Machines } from "../machines/machines.ts";
import type { MachineStore } from "../machines/ports.ts";
import { cryptoIds, systemSchedule } from "../machines/shell.ts";

/** The lives of the config's machines, on this system's clock. `onError`: what cannot be stored is told to it. */
export function machineLives(
  store: MachineStore,
  hosts: readonly HostConfig[],
  onError: (error: unknown) => void,
): Machines {
  return new Machines({ store, hosts, onError, now: systemClock, ids: cryptoIds, schedule: systemSchedule });
}

/** Where nothing is stored behind one's back: what cannot be stored ends what is done. */
export function thrown(error: unknown): never {
  throw error;
}
