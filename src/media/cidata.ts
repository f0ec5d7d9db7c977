import { encodeIso } from "../iso9660/writer.ts";

/** The label by which cloud-init knows its seed's disc. */
const LABEL = "cidata";

/**
 * A cloud-init seed as a small disc, for Proxmox's cloud-init drive or any other slot: file name → text. The same files
 * always give the same bytes.
 */
export function cidataIso(files: ReadonlyMap<string, string>): Buffer {
  const list = [...files].map(([path, text]) => ({ path, data: Buffer.from(text) }));
  return encodeIso(list, { label: LABEL, modifiedAt: new Date(0) });
}
