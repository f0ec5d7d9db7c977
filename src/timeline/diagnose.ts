import type { TimelineEvent } from "../machines/model.ts";
import { STALLS, type StallCode } from "./stalls.ts";

/** The kind of the event that tells of a stall. */
export const STALLED = "machine.stalled";

export type Diagnosis =
  /** Nothing is expected of the machine. */
  | { readonly kind: "at-rest" }
  /** Something is expected, and may still come; at `until` it is time to look again. */
  | { readonly kind: "waiting"; readonly until: number }
  /** It did not come. */
  | { readonly kind: "stalled"; readonly code: StallCode };

/** How far the machine has come in this boot. */
type Stage =
  /** It asks for an address and a loader. */
  | "firmware"
  /** It has an install script. */
  | "script"
  /** Its installer has called. */
  | "installer"
  /** It has what it wanted: its own disk, a screen. */
  | "settled";

/** Where a boot stands after an event: how far it is, and what would be a stall if nothing followed. */
interface Standing {
  readonly stage: Stage;
  readonly missing: StallCode | undefined;
}

/**
 * What is missing when nothing comes: looks at a machine's recent events, the oldest first. A stall is told once: while
 * the machine only tries the same again, what was said of it stands. Pure.
 */
export function diagnose(events: readonly TimelineEvent[], now: number): Diagnosis {
  let standing: Standing = { stage: "settled", missing: undefined };
  let since = now;
  let told: StallCode | undefined;
  for (const event of events) {
    if (event.kind === STALLED) {
      const code = event.data?.["code"];
      told = ORDER.find((one) => one === code);
      continue;
    }
    const next = isInstallersOwn(standing, event) ? undefined : after(standing, event);
    if (!next) continue;
    if (next.missing !== told && isAhead(next, told)) told = undefined;
    standing = next;
    since = event.at;
  }
  const { missing } = standing;
  if (missing === undefined || missing === told) return { kind: "at-rest" };
  const until = since + STALLS[missing].after * 1000;
  return now < until ? { kind: "waiting", until } : { kind: "stalled", code: missing };
}

/** The stages' stalls in the order of a boot: what comes later is progress. */
const ORDER: readonly StallCode[] = [
  "BW_STALL_OTHER_SERVER",
  "BW_STALL_NO_REQUEST",
  "BW_STALL_PROXY_IGNORED",
  "BW_STALL_NO_LOADER",
  "BW_STALL_TFTP_SILENT",
  "BW_STALL_TFTP_BROKEN",
  "BW_STALL_NO_SCRIPT",
  "BW_STALL_NO_KERNEL",
  "BW_STALL_NO_START",
  "BW_STALL_NO_NEWS",
  "BW_STALL_NOT_HOME",
];

/** Whether a machine has come further than where it stalled before; else it is trying again, and that is no news. */
function isAhead({ missing }: Standing, told: StallCode | undefined): boolean {
  if (missing === undefined || told === undefined) return true;
  return ORDER.indexOf(missing) > ORDER.indexOf(told);
}

/**
 * Whether this is the DHCP of what runs by now, the installer's initrd or the installed system: it wants an address alone,
 * and is neither a boot from the beginning nor the news that is waited for.
 */
function isInstallersOwn({ stage, missing }: Standing, event: TimelineEvent): boolean {
  if (!event.kind.startsWith("dhcp.") || boots(event)) return false;
  return stage === "script" || stage === "installer" || missing === "BW_STALL_NOT_HOME";
}

/** Whether a line of DHCP is about firmware or a loader: it says its architecture, is iPXE, or was told a boot file. */
function boots({ data }: TimelineEvent): boolean {
  const userClass = data?.["userClass"];
  return (
    data?.["arch"] !== undefined ||
    data?.["file"] !== undefined ||
    (typeof userClass === "string" && userClass.includes("iPXE"))
  );
}

/** Where a boot stands after this event; `undefined`: the event says nothing of it. */
function after({ stage }: Standing, event: TimelineEvent): Standing | undefined {
  const { data } = event;
  switch (event.kind) {
    case "dhcp.offer":
      return {
        stage: "firmware",
        missing: data?.["address"] === undefined ? "BW_STALL_PROXY_IGNORED" : "BW_STALL_NO_REQUEST",
      };
    case "dhcp.foreign-server":
      return { stage: "firmware", missing: "BW_STALL_OTHER_SERVER" };
    case "dhcp.ack":
      if (!boots(event)) return { stage: "settled", missing: undefined };
      return { stage: "firmware", missing: afterAck(data?.["file"]) };
    case "tftp.failed":
      return {
        stage,
        missing: Number(data?.["bytes"] ?? 0) === 0 ? "BW_STALL_TFTP_SILENT" : "BW_STALL_TFTP_BROKEN",
      };
    case "tftp.progress":
      return { stage, missing: undefined };
    case "tftp.completed":
    case "http.completed":
      return { stage, missing: afterFile(stage) };
    case "boot.install":
      return { stage: "script", missing: "BW_STALL_NO_KERNEL" };
    case "boot.local":
    case "boot.hold":
    case "boot.wait":
    case "boot.register":
      return { stage: "settled", missing: undefined };
    case "attempt.started":
    case "attempt.progress":
      return { stage: "installer", missing: "BW_STALL_NO_NEWS" };
    case "attempt.done":
      return { stage: "settled", missing: "BW_STALL_NOT_HOME" };
    case "attempt.failed":
    case "attempt.cancelled":
    case "attempt.closed":
    case "machine.booted":
      return { stage: "settled", missing: undefined };
    default:
      return undefined;
  }
}

function afterAck(file: unknown): StallCode | undefined {
  if (typeof file !== "string") return undefined;
  // A running iPXE was told the URL of its script; firmware was told a loader.
  return /^https?:.*\.ipxe$/.test(file) ? "BW_STALL_NO_SCRIPT" : "BW_STALL_NO_LOADER";
}

function afterFile(stage: Stage): StallCode | undefined {
  switch (stage) {
    case "firmware":
      return "BW_STALL_NO_SCRIPT";
    case "script":
      return "BW_STALL_NO_START";
    case "installer":
      return "BW_STALL_NO_NEWS";
    case "settled":
      return undefined;
  }
}

/** The line that tells of a stall. */
export function stallLine(code: StallCode, last: TimelineEvent, at: number): TimelineEvent {
  const { what, cause, remedy } = STALLS[code];
  return {
    at,
    mac: last.mac,
    machine: last.machine,
    attempt: last.attempt,
    kind: STALLED,
    text: `${what}. Usual cause: ${cause}. ${remedy} [${code}]`,
    data: { code },
  };
}
