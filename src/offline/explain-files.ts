import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultAssetFolder, loadAssets } from "../assets/load.ts";
import { BootService } from "../boot/boot-service.ts";
import { systemClock } from "../clock.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import { dhcpSettings, hostDirectory } from "../daemon/dhcp-settings.ts";
import { LiveConfig } from "../daemon/live-config.ts";
import { machineLives, thrown } from "../daemon/machine-lives.ts";
import { Allocator } from "../dhcp/allocator.ts";
import type { Arrival } from "../dhcp/decision.ts";
import { decide } from "../dhcp/engine.ts";
import type { DhcpPacket } from "../dhcp/packet.ts";
import { allocatorSettings, engineSettings } from "../dhcp/settings.ts";
import { BootwireError } from "../errors.ts";
import { type Ear, earOf } from "../explain/dhcp-steps.ts";
import { Explainer } from "../explain/explain.ts";
import { type Replay, replay } from "../explain/replay.ts";
import { cryptoIds } from "../machines/shell.ts";
import { type AssetFiles, Catalogue } from "../media/catalogue.ts";
import { DigestIndex } from "../media/digest-index.ts";
import { ImagePreparer, type ImageSource, type ImageStatus, isQcow2 } from "../media/image-preparer.ts";
import { systemInterfaces } from "../net/interface-table.ts";
import { selectInterfaces } from "../net/interfaces.ts";
import { type Ipv4, parseIpv4 } from "../net/ipv4.ts";
import { CaptureError, readCapture } from "../net/pcap.ts";
import { openSnapshot } from "../store/snapshot.ts";
import { VERSION } from "../version.ts";

/** Answers as the daemon would, from the config and a copy of the state, without a daemon. */
export interface FilesLook {
  readonly active: ActiveConfig;
  readonly explainer: Explainer;
  /** Lets a capture's messages be answered. Throws BW_CAPTURE. */
  replay(path: string): Promise<Replay>;
  close(): Promise<void>;
}

/** TEST-NET-1 (RFC 5737): stands for our address where no interface has one. */
const NO_ADDRESS = "192.0.2.1";

/**
 * Reads the config, the state (of which it works on a copy) and the loaders. Throws ConfigInvalid, BW_STATE_ACCESS, and
 * what templates throw.
 */
export async function lookAtFiles(configPath: string): Promise<FilesLook> {
  const live = await LiveConfig.open(configPath);
  const { active } = live;
  const { config } = active;
  const notes: string[] = [];
  const snapshot = await openSnapshot(config.state, { now: systemClock, token: cryptoIds.token });
  if (!snapshot.found)
    notes.push(`there is no state in ${config.state}: explained as a new lab after \`bootwire init\``);
  const machines = machineLives(snapshot.state.machines, config.hosts, thrown);
  const media = () => config.media;
  const catalogue = new Catalogue(await assetsOr(notes), media);
  const digests = new DigestIndex(await copyOfDigests(config.state, snapshot.state.folder));
  const images = new ImagePreparer(catalogue, media, digests);
  const boot = new BootService({
    inForce: () => live.inForce,
    machines,
    catalogue,
    images: { status: (profile) => withoutConverting(images, profile) },
    release: VERSION,
  });

  const interfaces = await earsOf(active, notes);
  const own = new Set(interfaces.flatMap((one) => one.addresses.map(({ address }) => address)));
  const { mode } = config.dhcp;
  const settings =
    mode === "off"
      ? undefined
      : {
          ...dhcpSettings(active),
          mode,
          hosts: hostDirectory(() => active),
          boot: { advise: boot.loader.bind(boot) },
        };
  const engine = settings && engineSettings(settings, { own });
  const table = settings && new Allocator(allocatorSettings(settings, own), snapshot.leases);
  const decideOne =
    engine && table
      ? (packet: DhcpPacket, arrival: Arrival) => decide(packet, arrival, engine, table)
      : undefined;

  return {
    active,
    explainer: new Explainer({
      active: () => active,
      boot,
      running: (host) => machines.running(host),
      catalogue,
      dhcp: {
        decide: decideOne,
        interfaces,
        now: systemClock,
        notes,
        server: (host) => earOf(interfaces, host).address,
      },
      source: "files",
    }),
    replay: async (path) => {
      if (!engine || !table) {
        throw new BootwireError(
          "BW_CAPTURE",
          "dhcp.mode is off: no DHCP message would have been answered",
          "Set dhcp.mode to proxy or server in the config.",
        );
      }
      return replay(await datagramsOf(path), interfaces[0], engine, table);
    },
    close: async () => {
      await images.close();
      machines.close();
      await snapshot.close();
    },
  };
}

/** The daemon converts and measures in the background; a look waits for what can be had by reading, and writes nothing. */
async function withoutConverting(images: ImagePreparer, profile: ImageSource): Promise<ImageStatus> {
  if (isQcow2(profile.image)) {
    return {
      kind: "preparing",
      reason: `${profile.image} is converted by the daemon when it is first needed`,
    };
  }
  const status = await images.status(profile);
  if (status.kind !== "preparing") return status;
  await images.settled();
  return images.status(profile);
}

/** What the daemon has measured need not be measured again. */
async function copyOfDigests(state: string, into: string): Promise<string> {
  const copy = join(into, "digests.json");
  await copyFile(join(state, "digests.json"), copy).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  });
  return copy;
}

async function assetsOr(notes: string[]): Promise<AssetFiles> {
  try {
    return await loadAssets(defaultAssetFolder());
  } catch (error) {
    if (!(error instanceof BootwireError)) throw error;
    notes.push(`${error.message} (${error.hint})`);
    return { path: () => undefined };
  }
}

async function earsOf({ config }: ActiveConfig, notes: string[]): Promise<[Ear, ...Ear[]]> {
  const selection = selectInterfaces(config.interfaces, await systemInterfaces());
  if (selection.ok) {
    const [first, ...rest] = selection.interfaces;
    if (first) return [first, ...rest];
  } else notes.push(selection.reason);
  const address: Ipv4 | undefined = config.advertise ?? parseIpv4(NO_ADDRESS);
  if (address === undefined) throw new TypeError("the stand-in is an address");
  return [{ name: "nowhere", address, addresses: [{ address, prefix: 24 }] }];
}

async function datagramsOf(path: string): Promise<ReturnType<typeof readCapture>> {
  try {
    return readCapture(await readFile(path));
  } catch (error) {
    const isKnown = error instanceof CaptureError || (error instanceof Error && "code" in error);
    if (!isKnown) throw error;
    throw new BootwireError(
      "BW_CAPTURE",
      `${path} cannot be read as a capture: ${error.message}`,
      "Make one with: tcpdump -i INTERFACE -w FILE 'udp port 67 or udp port 68 or udp port 4011'",
      { cause: error },
    );
  }
}
