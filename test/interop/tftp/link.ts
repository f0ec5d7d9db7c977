import { spawnSync } from "node:child_process";
import { close, openSync, read, write } from "node:fs";
import { loadNative } from "../../../src/net/native.ts";

/** How bad a link is, each way. */
export interface LinkQuality {
  /** Part of the frames that get lost, 0 … 1. */
  readonly loss: number;
  /** Milliseconds that a frame takes. */
  readonly delay: number;
  /** Part of the frames that arrive twice. */
  readonly duplication: number;
  /** Part of the frames that are held back, so that later ones overtake them. */
  readonly reordering: number;
  /** The same seed and the same traffic meet the same fate. */
  readonly seed: number;
}

/** A wire between two network namespaces that loses, delays, repeats and reorders what goes over it. */
export interface BadLink {
  /** Command prefixes that run something at either end. */
  readonly serverSide: readonly string[];
  readonly clientSide: readonly string[];
  readonly serverAddress: string;
  readonly clientAddress: string;
  /** Changes the quality; frames under way keep theirs. */
  set(quality: LinkQuality): void;
  /** Frames that went in and that got lost, since the last `set`. */
  readonly counts: { readonly carried: number; readonly lost: number };
  close(): Promise<void>;
}

const TUNSETIFF = 0x400454ca;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;
const FRAME = 2048;
/** Milliseconds that a held-back frame stays behind the others. */
const HELD_BACK = 3;

export const CLEAN: LinkQuality = { loss: 0, delay: 0, duplication: 0, reordering: 0, seed: 1 };

/**
 * Makes two namespaces with a tap each, and carries Ethernet frames between the taps in this process (the kernel here
 * has no netem). `name` must be unlike that of any other link at the same time; at most eight characters.
 */
export async function openBadLink(name: string): Promise<BadLink> {
  const native = await loadNative();
  if (!native) throw new Error("the link needs Linux and koffi");
  const openTap = (device: string): number => {
    const fd = openSync("/dev/net/tun", "r+");
    const request = Buffer.alloc(40);
    request.write(device, "latin1");
    request.writeUInt16LE(IFF_TAP | IFF_NO_PI, 16);
    native.ioctl(fd, TUNSETIFF, request);
    return fd;
  };
  const sides = [
    { namespace: `bw-${name}-s`, device: `${name}s`, address: "10.98.0.1" },
    { namespace: `bw-${name}-c`, device: `${name}c`, address: "10.98.0.2" },
  ] as const;
  const taps: number[] = [];
  try {
    for (const { namespace, device, address } of sides) {
      ip("netns", "add", namespace);
      taps.push(openTap(device));
      ip("link", "set", device, "netns", namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", namespace, "addr", "add", `${address}/24`, "dev", device);
      ip("-n", namespace, "link", "set", device, "up");
    }
  } catch (error) {
    for (const { namespace } of sides) spawnSync("ip", ["netns", "del", namespace]);
    throw error;
  }

  let quality = CLEAN;
  let random = randomOf(1);
  const counts = { carried: 0, lost: 0 };
  let open = true;
  const carry = (to: number, frame: Buffer): void => {
    counts.carried++;
    const copies = random() < quality.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      // Drawn in any case, so that the fate of one frame does not depend on another's.
      const [lost, held] = [random() < quality.loss, random() < quality.reordering];
      // Without ARP there is nothing to test.
      if (lost && frame.readUInt16BE(12) === 0x0800) {
        counts.lost++;
        continue;
      }
      const wait = quality.delay + (held ? HELD_BACK : 0);
      const deliver = () => {
        if (open) write(to, frame, () => undefined);
      };
      if (wait === 0) deliver();
      else setTimeout(deliver, wait);
    }
  };
  const pumps = taps.map((from, i) => {
    const to = taps[1 - i] ?? from;
    return new Promise<void>((ended) => {
      const next = (): void => {
        const frame = Buffer.alloc(FRAME);
        read(from, frame, 0, FRAME, null, (error, length) => {
          if (error || !open) {
            close(from, () => ended());
            return;
          }
          carry(to, frame.subarray(0, length));
          next();
        });
      };
      next();
    });
  });

  const [server, client] = sides;
  return {
    serverSide: ["ip", "netns", "exec", server.namespace],
    clientSide: ["ip", "netns", "exec", client.namespace],
    serverAddress: server.address,
    clientAddress: client.address,
    set(wanted) {
      quality = wanted;
      random = randomOf(wanted.seed);
      counts.carried = 0;
      counts.lost = 0;
    },
    counts,
    async close() {
      open = false;
      // A read ends when its device has gone down; the namespaces take the devices with them.
      for (const { namespace, device } of sides)
        spawnSync("ip", ["-n", namespace, "link", "set", device, "down"]);
      await Promise.all(pumps);
      for (const { namespace } of sides) spawnSync("ip", ["netns", "del", namespace]);
    },
  };
}

/** A repeatable source of numbers in 0 … 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
