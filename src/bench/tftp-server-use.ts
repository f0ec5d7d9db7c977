import { readdirSync, readFileSync } from "node:fs";

/** Ticks of /proc/<pid>/stat per second: USER_HZ, 100 in every Linux ABI that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A process and all its descendants. */
function family(pid: number): number[] {
  const pids: number[] = [];
  const queue = [pid];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    pids.push(next);
    try {
      for (const thread of readdirSync(`/proc/${next}/task`)) {
        const children = readFileSync(`/proc/${next}/task/${thread}/children`, "utf8").trim();
        if (children !== "") queue.push(...children.split(" ").map(Number));
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return pids;
}

/** CPU seconds of a server with its children, those that have ended included. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const one of family(pid)) {
    try {
      const stat = readFileSync(`/proc/${one}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      for (let i = 11; i <= 14; i++) ticks += Number(fields[i]);
    } catch {
      // It ended meanwhile; its parent has its time.
    }
  }
  return ticks / TICKS_PER_SECOND;
}

/** Memory of a server with its children in MiB, what they share counted once. */
export function memoryMiB(pid: number): number {
  let kibibytes = 0;
  for (const one of family(pid)) {
    try {
      const rollup = readFileSync(`/proc/${one}/smaps_rollup`, "utf8");
      kibibytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return kibibytes / 1024;
}
