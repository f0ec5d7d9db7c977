import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemClock } from "../clock.ts";
import { ConfigInvalid } from "../config/config-invalid.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/model.ts";
import { machineLives, thrown } from "../daemon/machine-lives.ts";
import { cryptoIds } from "../machines/shell.ts";
import { createState, openState, type State } from "../store/state.ts";
import { builtInTemplates } from "../templates/templates.ts";

/** What `init` found and made. */
export interface InitReport {
  readonly configPath: string;
  readonly createdConfig: boolean;
  readonly state: string;
  readonly createdState: boolean;
  /** The state was guarded (found lost), and is not any more. */
  readonly liftedGuard: boolean;
  /** Machines whose next network boot installs them. */
  readonly armed: readonly string[];
  /** The admin's token, where it was made now. */
  readonly newToken: string | undefined;
}

/**
 * The admin's first run: writes the starter config where there is none, and makes the state. Where the state was found
 * lost and is guarded since, this is the admin's word that it was a new lab all along, and the guard is lifted. A state
 * that is in order is left as it is. Throws ConfigInvalid, and BW_STATE_… (BW_STATE_IN_USE while a daemon runs).
 */
export async function initialize(options: { readonly configPath: string }): Promise<InitReport> {
  const createdConfig = !existsSync(options.configPath);
  if (createdConfig) {
    await mkdir(dirname(options.configPath), { recursive: true });
    await copyFile(join(builtInTemplates(), "bootwire.yaml"), options.configPath);
  }
  const loaded = await loadConfig(options.configPath);
  if (!loaded.ok) throw new ConfigInvalid(options.configPath, loaded.problems);
  const { config } = loaded;
  await mkdir(config.media, { recursive: true });
  const parts = { now: systemClock, token: cryptoIds.token };
  const createdState = !existsSync(join(config.state, "state.db"));
  const state = createdState ? await createState(config.state, parts) : await openState(config.state, parts);
  try {
    const { liftedGuard, armed } = acceptState(config, state, createdState);
    return {
      configPath: options.configPath,
      createdConfig,
      state: config.state,
      createdState,
      liftedGuard,
      armed,
      newToken: state.tokenIsNew ? state.adminToken : undefined,
    };
  } finally {
    state.close();
  }
}

function acceptState(config: Config, state: State, created: boolean) {
  const machines = machineLives(state.machines, config.hosts, thrown);
  try {
    const liftedGuard = machines.guardedSince() !== undefined;
    if (liftedGuard) return { liftedGuard, armed: machines.liftGuard("arm").armed };
    const installing = config.hosts.filter((host) => machines.preview(host).kind === "install");
    return { liftedGuard, armed: created ? installing.map((host) => host.name) : [] };
  } finally {
    machines.close();
  }
}
