import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Octets that are in use after everything that nobody needs any more was thrown away: objects and buffers. */
export async function keptMemory(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("V8 gives no gc()");
  // Buffers of objects that are gone are given back a turn later.
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
