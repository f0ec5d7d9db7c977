import type { TftpEvent } from "../tftp/source.ts";
import type { Protocol, Throughput } from "./throughput.ts";

/** What is known of a transfer when it begins. */
export interface TransferStart {
  readonly protocol: Protocol;
  readonly path: string;
  /** Address. */
  readonly client: string;
  readonly size: number;
}

/** A transfer under way. */
export interface RunningTransfer extends TransferStart {
  readonly id: number;
  readonly startedAt: number;
  readonly bytes: number;
}

/** For whoever does the transfer. */
export interface TransferMeter {
  /** Octets so far, all told. */
  progress(bytes: number): void;
  end(): void;
}

export interface TransferBookParts {
  readonly now: () => number;
  readonly throughput: Throughput;
  /** Called whenever there is something new to show; has to be quick. */
  readonly onChange: () => void;
}

/** The transfers that are under way, of either protocol. The servers bound their number. */
export class TransferBook {
  readonly #parts: TransferBookParts;
  readonly #running = new Map<number, RunningTransfer>();
  /** TFTP transfers by the client's address and port: there is one at a time. */
  readonly #tftp = new Map<string, TransferMeter>();
  #nextId = 1;

  constructor(parts: TransferBookParts) {
    this.#parts = parts;
  }

  list(): readonly RunningTransfer[] {
    return [...this.#running.values()];
  }

  begin(start: TransferStart): TransferMeter {
    const { now, throughput, onChange } = this.#parts;
    const id = this.#nextId++;
    let transfer: RunningTransfer = { ...start, id, startedAt: now(), bytes: 0 };
    this.#running.set(id, transfer);
    onChange();
    return {
      progress: (bytes) => {
        if (!this.#running.has(id) || bytes <= transfer.bytes) return;
        throughput.add(start.protocol, bytes - transfer.bytes, now());
        transfer = { ...transfer, bytes };
        this.#running.set(id, transfer);
        onChange();
      },
      end: () => {
        if (this.#running.delete(id)) onChange();
      },
    };
  }

  /** Something on the TFTP port. */
  onTftp(event: TftpEvent): void {
    if (event.kind === "refused") return;
    const { client, filename, size } = event.transfer;
    const key = `${client.address}/${client.port}`;
    if (event.kind === "started") this.#tftp.get(key)?.end();
    const meter =
      (event.kind === "started" ? undefined : this.#tftp.get(key)) ??
      this.begin({ protocol: "tftp", path: filename, client: client.address, size });
    this.#tftp.set(key, meter);
    if (event.kind === "started") return;
    meter.progress(event.kind === "progress" ? event.bytesAcked : event.stats.bytes);
    if (event.kind === "progress") return;
    meter.end();
    this.#tftp.delete(key);
  }
}
