import { gzipSync } from "node:zlib";
import type { Answer } from "./installer.ts";
import { encodeTar, type TarEntry } from "./tar.ts";

/** An answer that is a packed folder: the machine gets the `.tar.gz`, people are shown what is in it. */
export function archiveAnswer(entries: readonly TarEntry[]): Answer {
  return {
    contentType: "application/gzip",
    body: entries.map(shown).join("\n"),
    bytes: gzipSync(encodeTar(entries), { level: 9 }),
  };
}

function shown(entry: TarEntry): string {
  switch (entry.kind) {
    case "file":
      return `== ${entry.path} (${entry.permissions.toString(8)})\n${entry.text}`;
    case "link":
      return `== ${entry.path} -> ${entry.target}\n`;
  }
}
