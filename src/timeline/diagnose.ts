import type { TimelineEvent } from "../machines/model.ts";
import { STALLS, type StallCode } from "./stalls.ts";

/** The kind of the event that tells of a stall. */
export const STALLED = "machine.stalled";
/** The kind of the event that tells that a stall is over. */
export const RESUMED = "machine.resumed";

export type Diagnosis =
  /** Nothing is expected of the machine. */
  | { readonly kind: "at-rest" }
  /** Something is expected, and may still come; at `until` it is time to look again. */
  | { readonly kind: "waiting"; readonly until: number }
  /** It did not come. */
  | { readonly kind: "stalled"; readonly code: StallCode }
  /** What had not come has come since, and nobody has said so yet. */
  | { readonly kind: "over"; readonly code: StallCode };

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
 * the machine only tries the same again, what was said of it stands; when it gets further, that is told too. Pure.
 */
export function diagnose(events: readonly TimelineEvent[], now: number): Diagnosis {
  let standing: Standing = { stage: "settled", missing: undefined };
  let since = now;
  let told: StallCode | undefined;
  let over: StallCode | undefined;
  let awaitsHome = false;
  for (const event of events) {
    if (event.kind === STALLED) {
      const code = event.data?.["code"];
      told = ORDER.find((one) => one === code);
      over = undefined;
      continue;
    }
    if (event.kind === RESUMED) {
      over = undefined;
      continue;
    }
    const next = isInstallersOwn(standing, event) ? undefined : after(standing, event, awaitsHome);
    if (!next) continue;
    if (told !== undefined && isAhead(next, told, event)) {
      if (!GIVEN_UP.has(event.kind)) over = told;
      told = undefined;
    }
    if (event.kind === "attempt.done") awaitsHome = true;
    else if (event.kind.startsWith("attempt.") || event.kind === "machine.booted") awaitsHome = false;
    standing = next;
    since = event.at;
  }
  if (over !== undefined) return { kind: "over", code: over };
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

/** After these nothing is waited for any more, but what was missing has not come. */
const GIVEN_UP: ReadonlySet<string> = new Set(["attempt.failed", "attempt.cancelled", "attempt.closed"]);

/** Whether a machine has come further than where it stalled before; else it is trying again, and that is no news. */
function isAhead({ missing }: Standing, told: StallCode, { kind }: TimelineEvent): boolean {
  // Of a transfer that goes on, no more is known than that it does.
  const reached = kind === "tftp.progress" ? "BW_STALL_NO_SCRIPT" : missing;
  return reached === undefined || ORDER.indexOf(reached) > ORDER.indexOf(told);
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
function after({ stage }: Standing, event: TimelineEvent, awaitsHome: boolean): Standing | undefined {
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
      // With the network first in its boot order, an installed machine asks us before it starts from its disk.
      return { stage: "settled", missing: awaitsHome ? "BW_STALL_NOT_HOME" : undefined };
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

/** The line that tells that what was missing has come. */
export function resumedLine(code: StallCode, last: TimelineEvent, at: number): TimelineEvent {
  return {
    at,
    mac: last.mac,
    machine: last.machine,
    attempt: last.attempt,
    kind: RESUMED,
    text: `it goes on: what was missing has come [${code}]`,
    data: { code },
  };
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
