import { Command } from "commander";
import type { ApiEvent } from "../../api-types.ts";
import { BootwireError } from "../../errors.ts";
import { AdminClient } from "../admin-client.ts";
import { eventShape, eventsShape } from "../api-shapes.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { parseJson } from "../json.ts";
import {
  type ConfigOption,
  type JsonOption,
  wholeNumber,
  withConfig,
  withExamples,
  withJson,
} from "../options.ts";
import { type Colour, localTime, paint, printable } from "../text.ts";

interface EventsOptions extends ConfigOption, JsonOption {
  readonly follow?: boolean;
  readonly limit: number;
  readonly after?: number;
}

/** `bootwire events`: the timeline, of one machine or of all. */
export function eventsCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("events")), "print JSON; with --follow one event a line")
    .summary("print the timeline")
    .description(
      "Print the timeline of a machine, or of all: from its first DHCP request to the boot from its own disk.",
    )
    .argument("[machine]", "name of a host")
    .option("-f, --follow", "go on with what happens, until interrupted")
    .option("-n, --limit <count>", "how many of the newest events to print", wholeNumber(1, 2000), 100)
    .option("--after <id>", "only events after the one with this id", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .action(async (machine: string | undefined, options: EventsOptions) =>
      run(options, async () => {
        const client = await AdminClient.open(options.config);
        const query = new URLSearchParams({ limit: String(options.limit) });
        if (machine !== undefined) query.set("machine", machine);
        if (options.after !== undefined) query.set("after", String(options.after));
        const { events } = await client.get(`/events?${query}`, eventsShape);
        if (options.follow !== true && options.json === true) {
          io.out(`${JSON.stringify({ events }, null, 2)}\n`);
          return EXIT.ok;
        }
        const print = (event: ApiEvent) =>
          io.out(options.json === true ? `${JSON.stringify(event)}\n` : line(io, event));
        for (const event of events) print(event);
        if (options.follow === true) {
          await follow(client, io, machine, events.at(-1)?.id ?? options.after ?? 0, print);
        } else if (events.length === 0) io.err("Nothing has happened yet.\n");
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire events web-1",
    "bootwire events --follow",
    "bootwire events web-1 --json --limit 5",
  ]);
}

/** How long to wait between tries when the connection is lost, and how long to go on trying, in milliseconds. */
const PAUSE = 1_000;
const PERSISTENCE = 60_000;

/** Prints events as they come. A daemon that restarts is waited for; one that stays away is an error. */
async function follow(
  client: AdminClient,
  io: Io,
  machine: string | undefined,
  from: number,
  print: (event: ApiEvent) => void,
): Promise<void> {
  const route =
    machine === undefined ? "/events/stream" : `/events/stream?${new URLSearchParams({ machine })}`;
  const ended = () => io.signal?.aborted === true;
  let last = from;
  let lostAt: number | undefined;
  const onOpen = () => {
    lostAt = undefined;
  };
  while (!ended()) {
    try {
      for await (const { data } of client.stream(route, { lastEventId: last, signal: io.signal, onOpen })) {
        const event = eventShape.safeParse(parseJson(data));
        if (!event.success) continue;
        last = event.data.id;
        print(event.data);
      }
    } catch (error) {
      const unreachable = error instanceof BootwireError && error.code === "BW_DAEMON_UNREACHABLE";
      if (!unreachable || (lostAt !== undefined && Date.now() - lostAt > PERSISTENCE)) throw error;
    }
    if (ended()) return;
    if (lostAt === undefined) {
      lostAt = Date.now();
      io.err("bootwire: the connection to the daemon was lost; trying again\n");
    }
    await pause(PAUSE, io.signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}

function line(io: Io, event: ApiEvent): string {
  const who = event.machine ?? event.mac ?? "-";
  const when = paint(io, "dim", localTime(event.at));
  return `${when}  ${printable(who).padEnd(17)}  ${paint(io, colourOf(event.kind), printable(event.kind).padEnd(18))}  ${printable(event.text)}\n`;
}

/** Red for what went wrong or is held back, green for what is done, yellow for an install on its way. */
function colourOf(kind: string): Colour | undefined {
  if (/failed|refused|error|guarded|hold|conflict|stalled|exhausted|malformed/.test(kind)) return "red";
  if (/\.(?:done|booted|closed)$/.test(kind)) return "green";
  return kind.startsWith("attempt.") ? "yellow" : undefined;
}
