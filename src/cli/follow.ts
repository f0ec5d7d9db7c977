import { eventSchema } from "../api/events.ts";
import type { ApiEvent } from "../api-types.ts";
import { BootwireError } from "../errors.ts";
import type { AdminClient } from "./admin-client.ts";
import type { Io } from "./io.ts";
import { parseJson } from "./json.ts";

/** How long to wait between tries when the connection is lost, and how long to go on trying, in milliseconds. */
const PAUSE = 1_000;
const PERSISTENCE = 60_000;

export interface FollowOptions {
  /** One machine's events alone. */
  readonly machine: string | undefined;
  /** Events after the one with this id. */
  readonly after: number;
  readonly onEvent: (event: ApiEvent) => void;
  /** The connection was lost, and is tried for. */
  readonly onLost: () => void;
  /** It is there (again). */
  readonly onOpen?: () => void;
}

/**
 * Hands over events as they come, until interrupted. A daemon that restarts is waited for, and nothing is missed meanwhile;
 * one that stays away is an error.
 */
export async function follow(client: AdminClient, io: Io, options: FollowOptions): Promise<void> {
  if (io.signal) return followUntil(client, io.signal, options);
  const interrupted = new AbortController();
  // Once: whoever presses Ctrl-C again does not want to wait for a kind end.
  const onInterrupt = () => interrupted.abort();
  process.once("SIGINT", onInterrupt);
  try {
    await followUntil(client, interrupted.signal, options);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

async function followUntil(client: AdminClient, signal: AbortSignal, options: FollowOptions): Promise<void> {
  const { machine } = options;
  const route =
    machine === undefined ? "/events/stream" : `/events/stream?${new URLSearchParams({ machine })}`;
  let last = options.after;
  let lostAt: number | undefined;
  const onOpen = () => {
    lostAt = undefined;
    options.onOpen?.();
  };
  while (!signal.aborted) {
    try {
      for await (const { data } of client.stream(route, { lastEventId: last, signal, onOpen })) {
        const event = eventSchema.safeParse(parseJson(data));
        if (!event.success) continue;
        last = event.data.id;
        options.onEvent(event.data);
      }
    } catch (error) {
      const unreachable = error instanceof BootwireError && error.code === "BW_DAEMON_UNREACHABLE";
      if (!unreachable || (lostAt !== undefined && Date.now() - lostAt > PERSISTENCE)) throw error;
    }
    if (signal.aborted) return;
    if (lostAt === undefined) {
      lostAt = Date.now();
      options.onLost();
    }
    await pause(PAUSE, signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
