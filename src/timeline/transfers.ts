import type { HostConfig } from "../config/model.ts";
import type { TimelineEvent } from "../machines/model.ts";
import type { Mac } from "../net/mac.ts";
import type { TftpEvent } from "../tftp/source.ts";

/** The machine behind a transfer, as far as it is known. */
export interface Client {
  readonly mac: Mac;
  readonly host: HostConfig | undefined;
}

/** A finished HTTP download, in the words that the timeline needs. */
export interface FinishedDownload {
  readonly path: string;
  readonly method: string;
  readonly bytes: number;
  readonly complete: boolean;
}

/** The address of the client that a TFTP event is about. */
export function tftpClient(event: TftpEvent): string {
  return event.kind === "refused" ? event.client.address : event.transfer.client.address;
}

/** The timeline's line for a TFTP transfer; its beginning is for the log alone. */
export function tftpLine(event: TftpEvent, client: Client, at: number): TimelineEvent | undefined {
  switch (event.kind) {
    case "started":
      return undefined;
    case "progress": {
      const { filename, size } = event.transfer;
      const percent = Math.floor((event.bytesAcked * 100) / Math.max(1, size));
      const text = `${filename} by TFTP: ${percent} % of ${size} bytes`;
      return line(client, at, "tftp.progress", text, { percent, bytes: event.bytesAcked, size });
    }
    case "aborted":
      // A size probe: firmware asks for the size, aborts, and asks again for the file.
      return undefined;
    case "completed": {
      const { filename } = event.transfer;
      const { bytes, retransmissions, milliseconds } = event.stats;
      const again = retransmissions === 0 ? "" : `, ${retransmissions} retransmissions`;
      return line(
        client,
        at,
        "tftp.completed",
        `${filename} by TFTP: ${bytes} bytes in ${milliseconds} ms${again}`,
        { ...event.stats },
      );
    }
    case "failed":
      return line(client, at, "tftp.failed", `${event.transfer.filename} by TFTP failed: ${event.reason}`, {
        ...event.stats,
      });
    case "refused":
      return line(
        client,
        at,
        "tftp.refused",
        `TFTP refused ${event.filename ?? "a request"}: ${event.reason}`,
      );
  }
}

/** The timeline's line for a download over HTTP. */
export function downloadLine(
  download: FinishedDownload,
  client: Client,
  at: number,
): TimelineEvent | undefined {
  if (download.method === "HEAD") return undefined;
  const outcome = download.complete ? "completed" : "aborted";
  const text = `${download.path} by HTTP: ${download.bytes} bytes${download.complete ? "" : ", then the client went away"}`;
  return line(client, at, `http.${outcome}`, text);
}

function line(
  client: Client,
  at: number,
  kind: string,
  text: string,
  data?: TimelineEvent["data"],
): TimelineEvent {
  return { at, mac: client.mac, machine: client.host?.name, attempt: undefined, kind, text, data };
}
