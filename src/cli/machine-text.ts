import type { ApiAttempt, ApiMachine } from "../api-types.ts";
import type { Io } from "./io.ts";
import { type Cell, type Colour, localTime, table } from "./text.ts";

const STATE_COLOUR: Readonly<Record<ApiMachine["state"], Colour>> = {
  ready: "cyan",
  installing: "yellow",
  installed: "green",
  failed: "red",
};

const HEADING = ["NAME", "STATE", "INSTALL", "NEXT BOOT", "PROFILE", "MAC", "ADDRESS", "LAST SEEN", "WHY"];

/** Machines as a table for people. */
export function machineTable(io: Pick<Io, "colour">, machines: readonly ApiMachine[]): string {
  const rows = machines.map((machine): Cell[] => [
    { text: machine.name },
    { text: machine.state, colour: STATE_COLOUR[machine.state] },
    { text: machine.attempt ? attemptText(machine.attempt) : "-" },
    { text: machine.next },
    { text: machine.profile ?? "-" },
    { text: machine.mac },
    { text: machine.address ?? "-" },
    { text: machine.lastSeen === null ? "never" : localTime(machine.lastSeen) },
    { text: machine.reason, colour: "dim" },
  ]);
  return table(io, HEADING, rows);
}

/** How far the latest install is: `43 %, boot 2`; of one that is over, how it ended. */
function attemptText(attempt: ApiAttempt): string {
  if (attempt.phase !== "running") return attempt.phase;
  const percent = attempt.percent === null ? "running" : `${Math.floor(attempt.percent)} %`;
  return attempt.boots > 1 ? `${percent}, boot ${attempt.boots}` : percent;
}
