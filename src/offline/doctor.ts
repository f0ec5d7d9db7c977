import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { defaultAssetFolder, loadAssets } from "../assets/load.ts";
import { systemClock } from "../clock.ts";
import { loadConfig } from "../config/load.ts";
import { type MissingMedia, missingMedia } from "../config/missing-media.ts";
import type { Config } from "../config/model.ts";
import { formatProblem } from "../config/problem.ts";
import { type Finding, fine, wrong } from "../doctor/finding.ts";
import { firewallHints } from "../doctor/firewall.ts";
import {
  checkPorts,
  checkRights,
  checkRoom,
  checkTime,
  neededPorts,
  packetFilter,
} from "../doctor/host-checks.ts";
import { askForServers, checkInterfaces, judgeServers } from "../doctor/network-checks.ts";
import { BootwireError } from "../errors.ts";
import type { NetworkInterface } from "../net/interfaces.ts";

/** What the running daemon says of itself; undefined: none answers; an error: it answers, and does not say. */
export type DaemonAnswer = { readonly guarded: boolean } | BootwireError | undefined;

export interface DoctorOptions {
  readonly configPath: string;
  readonly daemon: DaemonAnswer;
  /** Milliseconds that other DHCP servers have to answer. */
  readonly patience: number;
}

/** Looks at everything that a boot needs, and says what is wrong and what to do. Changes nothing. */
export async function diagnoseHost(options: DoctorOptions): Promise<Finding[]> {
  const loaded = await loadConfig(options.configPath, { now: systemClock });
  if (!loaded.ok) {
    return loaded.problems.map((problem) =>
      wrong("config", "fail", "BW_DOCTOR_CONFIG", formatProblem(problem, "error"), problem.hint),
    );
  }
  const { config } = loaded;
  const isRunning = options.daemon !== undefined;
  const { findings: ofInterfaces, interfaces } = await checkInterfaces(config);
  return [
    fine("config", `${config.path} is right`),
    judgeDaemon(options.daemon),
    ...checkState(config, options.daemon),
    ...ofInterfaces,
    ...(await checkPorts(config, interfaces, isRunning)),
    await checkRights(isRunning),
    ...(await checkServers(config, interfaces, options.patience)),
    ...(await checkLoaders(defaultAssetFolder())),
    ...judgeMedia(config, await missingMedia(config)),
    await checkTime(),
    ...(await checkFirewall(config)),
    ...(await checkRoom(config)),
  ];
}

/** What is to be said of the daemon itself. Pure. */
export function judgeDaemon(daemon: DaemonAnswer): Finding {
  if (!daemon) return fine("daemon", "none runs; what is said here is what it would find at its start");
  if (!(daemon instanceof BootwireError)) return fine("daemon", "it runs");
  const { message, hint } = daemon;
  return wrong(
    "daemon",
    "warn",
    "BW_DOCTOR_DAEMON",
    `it seems to run, and cannot be asked: ${message}`,
    hint,
  );
}

function checkState(config: Config, daemon: DaemonAnswer): Finding[] {
  if (daemon && !(daemon instanceof BootwireError) && daemon.guarded) {
    return [
      wrong(
        "state",
        "warn",
        "BW_DOCTOR_STATE",
        "the state was found lost: nothing is installed until you decide",
        "`bootwire init` says that this is a new lab; `bootwire reinstall MACHINE` installs a single machine.",
      ),
    ];
  }
  if (existsSync(join(config.state, "state.db"))) return [fine("state", `there is one in ${config.state}`)];
  return [
    wrong(
      "state",
      "warn",
      "BW_DOCTOR_STATE",
      `there is no state in ${config.state}: a daemon that starts now installs nothing`,
      "Run `bootwire init` where this is a new lab, or restore the folder from a backup.",
    ),
  ];
}

/** Asks the wires for other servers, and says what they mean. */
export async function checkServers(
  config: Config,
  interfaces: readonly NetworkInterface[],
  patience: number,
): Promise<Finding[]> {
  if (interfaces.length === 0) return [];
  // Locally administered, and not a multicast: nobody's card has it.
  const mac = Buffer.concat([Buffer.of(0x02), randomBytes(5)]);
  const xid = randomBytes(4).readUInt32BE();
  try {
    const offers = await askForServers({ interfaces, patience, mac, xid, wait: (ms) => wait(ms) });
    return judgeServers(config.dhcp.mode, offers);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      wrong(
        "dhcp",
        "warn",
        "BW_DOCTOR_NOT_ASKED",
        `the wire could not be asked for other DHCP servers: ${why}`,
        "Run doctor as root: asking takes the DHCP client's port, 68.",
      ),
    ];
  }
}

/** Whether the boot loaders are there unchanged, and of which packages. */
export async function checkLoaders(folder: string): Promise<Finding[]> {
  try {
    const { files } = await loadAssets(folder);
    const versions = new Set([...files.values()].map((file) => `${file.package} ${file.version}`));
    return [fine("loaders", `${files.size} files, unchanged, of ${[...versions].sort().join(", ")}`)];
  } catch (error) {
    if (!(error instanceof BootwireError)) throw error;
    return [wrong("loaders", "fail", "BW_DOCTOR_LOADERS", error.message, error.hint)];
  }
}

/** What is to be said of the files that profiles name. A profile that no machine has may still wait for its own. Pure. */
export function judgeMedia(config: Config, missing: readonly MissingMedia[]): Finding[] {
  if (missing.length > 0) {
    return missing.map(({ profile, file }) => {
      const isUsed = config.hosts.some((host) => host.profile?.name === profile);
      const text = `profile ${profile}: ${file} is not in the media folder ${config.media}`;
      const remedy =
        "Bring it by `bootwire media add FILE|URL`, or name the file that is there in the profile.";
      if (isUsed) return wrong("media", "fail", "BW_DOCTOR_MEDIA", text, remedy);
      return wrong("media", "warn", "BW_DOCTOR_MEDIA", `${text}; no machine has this profile yet`, remedy);
    });
  }
  const { size } = config.profiles;
  return [
    fine("media", `everything is there that the ${size === 1 ? "profile needs" : `${size} profiles need`}`),
  ];
}

async function checkFirewall(config: Config): Promise<Finding[]> {
  const rules = await packetFilter();
  if (rules !== undefined) return firewallHints(rules, neededPorts(config));
  return [fine("firewall", "its rules cannot be read (no nft or iptables-save, or no right to)")];
}
