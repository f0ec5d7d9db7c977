import { listEvents, streamEvents, streamLive } from "./events.ts";
import { explainMachine } from "./explain.ts";
import {
  cancelMachine,
  getAttemptLog,
  getMachine,
  listAttempts,
  listMachines,
  localMachine,
  previewMachine,
  reinstallMachine,
} from "./machines.ts";
import { listLeases, listMedia, listTransfers, listUnknown } from "./network.ts";
import { acceptState, closeSession, getCounters, getStatus, openSession, reloadConfig } from "./status.ts";

/** Every endpoint of the admin API, in the order of its documentation. */
export const ENDPOINTS = [
  getStatus,
  getCounters,
  reloadConfig,
  acceptState,
  listMachines,
  getMachine,
  reinstallMachine,
  localMachine,
  cancelMachine,
  previewMachine,
  explainMachine,
  listAttempts,
  getAttemptLog,
  listEvents,
  streamEvents,
  streamLive,
  listUnknown,
  listLeases,
  listTransfers,
  listMedia,
  openSession,
  closeSession,
] as const;
