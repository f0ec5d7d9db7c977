import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PUMP = fileURLToPath(new URL("./link-pump.mjs", import.meta.url));

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

export const CLEAN: LinkQuality = { loss: 0, delay: 0, duplication: 0, reordering: 0, seed: 1 };

/** A wire between two network namespaces that loses, delays, repeats and reorders what goes over it. */
export interface BadLink {
  /** Command prefixes that run something at either end. */
  readonly serverSide: readonly string[];
  readonly clientSide: readonly string[];
  readonly serverAddress: string;
  readonly clientAddress: string;
  /** Changes the quality; frames under way keep theirs. Resolves with the frames of the time before. */
  set(quality: LinkQuality): Promise<{ readonly carried: number; readonly lost: number }>;
  close(): Promise<void>;
}

/**
 * Makes two namespaces with a tap each; a process of its own carries Ethernet frames between the taps (the kernel here
 * has no netem). `name` must be unlike that of any other link at the same time; at most eight characters.
 */
export async function openBadLink(name: string): Promise<BadLink> {
  const sides = [
    { namespace: `bw-${name}-s`, device: `${name}s`, address: "10.98.0.1" },
    { namespace: `bw-${name}-c`, device: `${name}c`, address: "10.98.0.2" },
  ] as const;
  const pump = spawn(process.execPath, [PUMP, ...sides.map(({ device }) => device)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(pump, "exit");
  const lines = createInterface({ input: pump.stdout });
  const close = async (): Promise<void> => {
    // It cannot end by itself: its reads of the taps never come back, and Node waits for them.
    pump.kill("SIGKILL");
    await exited;
    for (const { namespace } of sides) spawnSync("ip", ["netns", "del", namespace]);
  };
  try {
    await Promise.race([
      once(lines, "line"),
      exited.then(() => {
        throw new Error("the link's process ended");
      }),
    ]);
    for (const { namespace, device, address } of sides) {
      ip("netns", "add", namespace);
      ip("link", "set", device, "netns", namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", namespace, "addr", "add", `${address}/24`, "dev", device);
      ip("-n", namespace, "link", "set", device, "up");
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [server, client] = sides;
  return {
    serverSide: ["ip", "netns", "exec", server.namespace],
    clientSide: ["ip", "netns", "exec", client.namespace],
    serverAddress: server.address,
    clientAddress: client.address,
    async set(quality) {
      const answer = once(lines, "line");
      pump.stdin.write(`${JSON.stringify(quality)}\n`);
      const [line] = await answer;
      return JSON.parse(line);
    },
    close,
  };
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
