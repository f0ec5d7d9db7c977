import { readFileSync, writeFileSync } from "node:fs";

/** What a process used so far. */
export interface ProcessUse {
  /** Of all its threads, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Memory in use now, and at most so far, in MiB. */
  readonly residentMiB: number;
  readonly peakMiB: number;
}

/** Ticks of /proc/<pid>/stat per second: USER_HZ, 100 in every Linux ABI that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Reads what a running process used from /proc. Throws when there is no such process. */
export function processUse(pid: number): ProcessUse {
  return {
    cpuSeconds: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "utf8")),
    ...memoryOf(readFileSync(`/proc/${pid}/status`, "utf8")),
  };
}

/** Lets the peak count anew from here (proc(5), clear_refs). */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** CPU seconds in a line of /proc/<pid>/stat (proc(5): fields 14 and 15). The command in field 2 may hold blanks. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU seconds of a process's children that have ended and were waited for (fields 16 and 17). */
export function cpuSecondsOfChildren(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** VmRSS and VmHWM of /proc/<pid>/status. */
export function memoryOf(status: string): { residentMiB: number; peakMiB: number } {
  const mebibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024;
  return { residentMiB: mebibytes("VmRSS"), peakMiB: mebibytes("VmHWM") };
}
