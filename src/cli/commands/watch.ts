import { Command } from "commander";
import { eventsSchema } from "../../api/events.ts";
import { machinesSchema } from "../../api/machines.ts";
import type { ApiEvent } from "../../api-types.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { eventLine } from "../event-text.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import { type DaemonOptions, type JsonOption, wholeNumber, withDaemon, withExamples } from "../options.ts";
import { ProgressBoard } from "../progress-board.ts";

interface WatchOptions extends DaemonOptions, JsonOption {
  readonly limit: number;
}

/** Takes away the lines of the board, and everything below the cursor. */
const clearLines = (many: number) => (many === 0 ? "" : `\u001b[${many}A\u001b[0J`);

/** `bootwire watch`: the timeline live, with a progress bar for each install and transfer under way. */
export function watchCommand({ io, run }: Cli): Command {
  const command = withDaemon(new Command("watch"))
    .summary("watch machines boot and install, live")
    .description(
      "Show the timeline as it happens, of one machine or of all; in a terminal with a progress bar below it for each install and transfer under way. Waits for a daemon that restarts. Ends with Ctrl-C.",
    )
    .argument("[machine]", "name of a host")
    .option("-n, --limit <count>", "how many of the newest events to begin with", wholeNumber(0, 2000), 10)
    .action(async (machine: string | undefined, options: WatchOptions) =>
      run(options, async () => {
        const client = await AdminClient.open(options);
        const board = new ProgressBoard();
        let drawn = 0;
        const draw = () => {
          const lines = io.terminal ? board.lines(io) : [];
          io.out(lines.map((line) => `${line}\n`).join(""));
          drawn = lines.length;
        };
        const show = (text: string) => {
          io.out(clearLines(drawn) + text);
          draw();
        };

        const { machines } = await client.get("/machines", machinesSchema);
        for (const one of machines) {
          if (machine === undefined || one.name === machine) board.begin(one);
        }
        const query = new URLSearchParams({ limit: String(Math.max(1, options.limit)) });
        if (machine !== undefined) query.set("machine", machine);
        const { events } = await client.get(`/events?${query}`, eventsSchema);
        const shown = options.limit === 0 ? [] : events;
        show(shown.map((event) => eventLine(io, event)).join(""));
        const onEvent = (event: ApiEvent) => {
          board.take(event);
          // In a terminal the bar says it; a pipe gets every line.
          const isOnBoard = io.terminal && /^(?:attempt|tftp)\.progress$/.test(event.kind);
          show(isOnBoard ? "" : eventLine(io, event));
        };
        await follow(client, io, {
          machine,
          after: events.at(-1)?.id ?? 0,
          onEvent,
          onLost: () => io.err("bootwire: the connection to the daemon was lost; trying again\n"),
        });
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire watch", "bootwire watch web-1", "bootwire watch | tee boot.log"]);
}
