import { firmwareOf } from "../boot/client.ts";
import type { DhcpEvent } from "../dhcp/ports.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { TftpEvent } from "../tftp/source.ts";
import { type Look, type Sighting, Sightings } from "./sightings.ts";
import { Throughput, type ThroughputSeries } from "./throughput.ts";
import {
  type RunningTransfer,
  TransferBook,
  type TransferMeter,
  type TransferStart,
} from "./transfer-book.ts";

/** What may change under the eyes of somebody who looks, apart from the timeline. */
export type Topic = "transfers" | "unknown" | "leases" | "config" | "status";

/** Ten minutes, second by second. */
const THROUGHPUT_STEP = 1000;
const THROUGHPUT_STEPS = 600;
/** Machines of the config whose firmware and address are remembered. */
const KNOWN_REMEMBERED = 10_000;
/** Anybody can make up MACs. */
const UNKNOWN_REMEMBERED = 200;

export interface MonitorParts {
  readonly now: () => number;
  readonly isKnown: (mac: Mac) => boolean;
}

/** What goes on right now: kept in memory for those who look, gone when the daemon ends. */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #listeners = new Set<(topic: Topic) => void>();
  readonly #known = new Sightings(KNOWN_REMEMBERED);
  readonly #unknown = new Sightings(UNKNOWN_REMEMBERED);
  readonly #throughput = new Throughput(THROUGHPUT_STEP, THROUGHPUT_STEPS);
  readonly #transfers: TransferBook;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#transfers = new TransferBook({
      now: parts.now,
      throughput: this.#throughput,
      onChange: () => this.changed("transfers"),
    });
  }

  /** Calls `listener` with what has changed, until the returned function is called. */
  subscribe(listener: (topic: Topic) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  changed(topic: Topic): void {
    for (const listener of this.#listeners) listener(topic);
  }

  onDhcp(event: DhcpEvent): void {
    const { mac, arch, userClass, vendorClass, kind } = event;
    if (kind === "ack" || kind === "release" || kind === "decline") this.changed("leases");
    if (mac === undefined) return;
    // Only of network boot clients is any of these told.
    const boots = [arch, userClass, vendorClass, event.file].some((shown) => shown !== undefined);
    // Phones and laptops come for an address; they are nobody's machines.
    if (!boots && !this.#parts.isKnown(mac)) return;
    const address = kind === "ack" && event.address !== undefined ? formatIpv4(event.address) : undefined;
    const firmware = boots ? firmwareOf(arch) : undefined;
    this.seen(mac, { arch, userClass, vendorClass, address, firmware });
  }

  /** A machine that boots was noticed. */
  seen(mac: Mac, look: Look): void {
    const isKnown = this.#parts.isKnown(mac);
    (isKnown ? this.#known : this.#unknown).note(mac, look, this.#parts.now());
    if (!isKnown) this.changed("unknown");
  }

  onTftp(event: TftpEvent): void {
    this.#transfers.onTftp(event);
  }

  /** A download over HTTP begins. */
  begin(start: TransferStart): TransferMeter {
    return this.#transfers.begin(start);
  }

  transfers(): readonly RunningTransfer[] {
    return this.#transfers.list();
  }

  /** The newest steps that are over. */
  throughput(steps?: number): ThroughputSeries {
    return this.#throughput.series(this.#parts.now(), steps);
  }

  /** What a machine has shown of itself, known or not. */
  sighting(mac: Mac): Sighting | undefined {
    return this.#known.get(mac) ?? this.#unknown.get(mac);
  }

  /** Machines that are not in the config, the latest first. */
  unknown(): readonly (readonly [Mac, Sighting])[] {
    return this.#unknown.list().filter(([mac]) => !this.#parts.isKnown(mac));
  }
}
