import { Command } from "commander";
import { eventsSchema } from "../../api/events.ts";
import type { ApiEvent } from "../../api-types.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { eventLine } from "../event-text.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import {
  type DaemonOptions,
  type JsonOption,
  wholeNumber,
  withDaemon,
  withExamples,
  withJson,
} from "../options.ts";

interface EventsOptions extends DaemonOptions, JsonOption {
  readonly follow?: boolean;
  readonly limit: number;
  readonly after?: number;
}

/** `bootwire events`: the timeline, of one machine or of all. */
export function eventsCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("events")), "print JSON; with --follow one event a line")
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
        const client = await AdminClient.open(options);
        const query = new URLSearchParams({ limit: String(options.limit) });
        if (machine !== undefined) query.set("machine", machine);
        if (options.after !== undefined) query.set("after", String(options.after));
        const { events } = await client.get(`/events?${query}`, eventsSchema);
        if (options.follow !== true && options.json === true) {
          io.out(`${JSON.stringify({ events }, null, 2)}\n`);
          return EXIT.ok;
        }
        const print = (event: ApiEvent) =>
          io.out(options.json === true ? `${JSON.stringify(event)}\n` : eventLine(io, event));
        for (const event of events) print(event);
        if (options.follow === true) {
          await follow(client, io, {
            machine,
            after: events.at(-1)?.id ?? options.after ?? 0,
            onEvent: print,
            onLost: () => io.err("bootwire: the connection to the daemon was lost; trying again\n"),
          });
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
