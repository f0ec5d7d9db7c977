import { graftRootFile } from "../iso9660/graft.ts";
import type { ShelvedIso } from "./iso-shelf.ts";
import type { Composed } from "./piece.ts";

/** What the installer looks for in the root of its ISO, to install by itself instead of showing a menu. */
const MODE_FILE = { name: "auto-installer-mode.toml", plainName: "AUTO_INS.TOM;1" };

/** A Proxmox VE ISO with the file that makes it install unattended. Throws IsoError for an ISO that cannot take it. */
export async function proxmoxIso(iso: ShelvedIso, answerUrl: string | undefined): Promise<Composed> {
  const { path, stamp, source, reader } = iso;
  const data = Buffer.from(modeFile(answerUrl));
  // A time that stays the same as long as the ISO does: the bytes must not change between two ranges.
  const modifiedAt = new Date((await reader.find("boot"))?.modifiedAt ?? 0);
  const parts = await graftRootFile(source, { ...MODE_FILE, data, modifiedAt });
  return {
    pieces: parts.map((part) =>
      part.kind === "bytes" ? part : { kind: "file", path, offset: part.offset, length: part.length },
    ),
    stamps: new Map([[path, stamp]]),
  };
}

/** `answerUrl`: letters, digits and `.:/~_-` alone, as content paths have them, so nothing needs quoting. */
function modeFile(answerUrl: string | undefined): string {
  return answerUrl === undefined ? 'mode = "http"\n' : `mode = "http"\n\n[http]\nurl = "${answerUrl}"\n`;
}
