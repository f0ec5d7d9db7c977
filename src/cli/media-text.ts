import type { MediaFile } from "../media/media-folder.ts";
import { obstacleToProfile, suggestProfile } from "../media/suggest-profile.ts";
import type { Io } from "./io.ts";
import { paint, printable, table } from "./text.ts";

const MEBIBYTE = 1024 * 1024;

/** What is in the media folder, a line a file. */
export function mediaTable(io: Io, files: readonly MediaFile[]): string {
  return table(
    io,
    ["FILE", "SIZE", "WHAT IT IS"],
    files.map((file) => [{ text: file.path }, { text: sizeText(file.size) }, whatItIs(file)]),
  );
}

function whatItIs({ iso, damage }: MediaFile) {
  if (damage !== undefined) return { text: `damaged: ${damage}`, colour: "red" } as const;
  if (!iso) return { text: "" };
  if (iso.truncated) return { text: `${iso.title}, not fetched to its end`, colour: "red" } as const;
  return { text: iso.title };
}

/** Everything about one file. */
export function mediaText(io: Io, file: MediaFile, sha256: string | undefined): string {
  const { iso, damage } = file;
  const facts: [string, string | undefined][] = [
    ["file", file.path],
    ["size", `${sizeText(file.size)} (${file.size} bytes)`],
    ["SHA-256", sha256],
    ["what", damage === undefined ? (iso?.title ?? "no ISO: served as it is") : `damaged: ${damage}`],
    ["product", iso?.product],
    ["version", iso?.version],
    ["architecture", iso?.arch],
    ["label", iso?.label],
    ["kernel", iso?.boot && `media/${file.path}/${iso.boot.kernel}`],
    ["initrd", iso?.boot && `media/${file.path}/${iso.boot.initrd}`],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name.padEnd(14)}${printable(value)}\n`],
  );
  if (iso?.truncated)
    lines.push(paint(io, "red", "The ISO is shorter than it says itself: fetch it again.\n"));
  const obstacle = iso && obstacleToProfile(iso, file.path);
  for (const note of [...(iso?.notes ?? []), ...(obstacle === undefined ? [] : [obstacle])])
    lines.push(`note          ${note}\n`);
  const profile = iso && suggestProfile(iso, file.path);
  if (profile !== undefined) lines.push(`\nIn the config:\n\n${profile}`);
  return lines.join("");
}

function sizeText(bytes: number): string {
  if (bytes < MEBIBYTE) return `${Math.ceil(bytes / 1024)} KiB`;
  return bytes < 1024 * MEBIBYTE
    ? `${(bytes / MEBIBYTE).toFixed(1)} MiB`
    : `${(bytes / MEBIBYTE / 1024).toFixed(2)} GiB`;
}

/** How a download goes on: one line that changes on a terminal, a line every tenth elsewhere. */
export class Progress {
  readonly #io: Io;
  readonly #startedAt = Date.now();
  #first: number | undefined;
  #shown = -1;
  #open = false;

  constructor(io: Io) {
    this.#io = io;
  }

  fetched(done: number, total: number | undefined): void {
    this.#first ??= done;
    const percent = total === undefined || total === 0 ? undefined : Math.floor((done / total) * 100);
    // Where the server does not say how long it is, every 64 MiB counts as a step.
    const reached = percent ?? Math.floor(done / (64 * MEBIBYTE));
    const step = this.#io.terminal || percent === undefined ? reached : Math.floor(reached / 10);
    if (step === this.#shown) return;
    this.#shown = step;
    this.#say(this.#line(done, total, percent));
  }

  verifying(): void {
    this.end();
    this.#io.err("measuring its SHA-256\n");
  }

  /** Ends the line that changes. */
  end(): void {
    if (this.#open) this.#io.err("\n");
    this.#open = false;
  }

  #line(done: number, total: number | undefined, percent: number | undefined): string {
    const seconds = (Date.now() - this.#startedAt) / 1000;
    const speed = seconds > 0 ? (done - (this.#first ?? 0)) / seconds : 0;
    const parts = [percent === undefined ? "" : `${percent} %`, sizeText(done)];
    if (total !== undefined) parts.push(`of ${sizeText(total)}`);
    if (speed > 0) parts.push(`${(speed / MEBIBYTE).toFixed(1)} MiB/s`);
    if (speed > 0 && total !== undefined && done < total)
      parts.push(`${Math.ceil((total - done) / speed)} s to go`);
    return parts.filter((part) => part !== "").join("  ");
  }

  #say(line: string): void {
    if (!this.#io.terminal) this.#io.err(`${line}\n`);
    else {
      // Back to the line's beginning, and away with what was longer.
      this.#io.err(`\r${line}\u001b[K`);
      this.#open = true;
    }
  }
}
