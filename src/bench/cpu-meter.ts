import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuSeconds } from "./tftp-server-use.ts";

/** Where control groups that count CPU time may be, and what their figure says of a second. */
const GROUPS = [
  { folder: "/sys/fs/cgroup/cpuacct", file: "cpuacct.usage", pattern: /^(\d+)/, perSecond: 1e9 },
  { folder: "/sys/fs/cgroup", file: "cpu.stat", pattern: /^usage_usec (\d+)/m, perSecond: 1e6 },
] as const;

/** Counts the CPU time of a server with all its threads and children. */
export interface CpuMeter {
  /** Whether children that ended are counted even when the server did not wait for them, as tftpd-hpa does not. */
  readonly countsTheDead: boolean;
  /** CPU seconds so far. */
  read(): number;
  /** Once the server has ended. */
  close(): void;
}

/**
 * A meter for a process that has not done anything yet. In a control group of its own, since the time of children that
 * nobody waits for is in no other sum; without the right to make one, out of /proc.
 */
export function meterCpu(pid: number): CpuMeter {
  for (const { folder, file, pattern, perSecond } of GROUPS) {
    const group = join(folder, `bootwire-bench-${pid}`);
    try {
      // A hierarchy that does not count has no such file at its root either.
      statSync(join(folder, file));
      mkdirSync(group);
      writeFileSync(join(group, "cgroup.procs"), String(pid));
    } catch {
      remove(group);
      continue;
    }
    const read = () => Number(pattern.exec(readFileSync(join(group, file), "utf8"))?.[1] ?? 0) / perSecond;
    return { countsTheDead: true, read, close: () => remove(group) };
  }
  return { countsTheDead: false, read: () => cpuSeconds(pid), close: () => undefined };
}

function remove(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // It was never made, or something still runs in it: it is empty soon, and does no harm.
  }
}
