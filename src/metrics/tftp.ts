import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { TftpCounters, TransferCounter } from "../tftp/counters.ts";
import type { TftpEvent } from "../tftp/source.ts";

/** From a loader over a quick wire to an initrd over a bad one, in seconds. */
const DURATIONS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** TFTP transfers. The server counts for itself; its counters are read when somebody looks. Durations come as events. */
export class TftpMetrics {
  readonly #duration: Histogram;

  constructor(registry: Registry, counters: () => TftpCounters) {
    const registers = [registry];
    new Gauge({
      name: "bootwire_tftp_transfers_running",
      help: "TFTP transfers under way.",
      registers,
      collect() {
        this.set(counters().running);
      },
    });
    new Counter({
      name: "bootwire_tftp_requests_total",
      help: "TFTP requests that came, repetitions included.",
      registers,
      collect() {
        this.reset();
        this.inc(counters().requests);
      },
    });
    new Counter({
      name: "bootwire_tftp_refusals_total",
      help: "TFTP requests that were refused, by cause.",
      labelNames: ["cause"],
      registers,
      collect() {
        this.reset();
        for (const { cause, requests } of counters().refusals) this.inc({ cause }, requests);
      },
    });
    const byOutcome = (name: string, help: string, value: (counter: TransferCounter) => number) =>
      new Counter({
        name,
        help,
        labelNames: ["outcome"],
        registers,
        collect() {
          this.reset();
          for (const counter of counters().transfers) this.inc({ outcome: counter.outcome }, value(counter));
        },
      });
    byOutcome(
      "bootwire_tftp_transfers_total",
      "TFTP transfers that ended; aborted: by the client, as firmware does after it asked for a size.",
      (counter) => counter.transfers,
    );
    byOutcome(
      "bootwire_tftp_sent_bytes_total",
      "Bytes of files that TFTP clients acknowledged.",
      (counter) => counter.bytes,
    );
    byOutcome(
      "bootwire_tftp_sent_blocks_total",
      "Blocks that TFTP clients acknowledged.",
      (counter) => counter.blocks,
    );
    byOutcome(
      "bootwire_tftp_retransmissions_total",
      "TFTP packets that were sent more than once.",
      (counter) => counter.retransmissions,
    );
    this.#duration = new Histogram({
      name: "bootwire_tftp_transfer_duration_seconds",
      help: "Duration of TFTP transfers that were completed.",
      buckets: DURATIONS,
      registers,
    });
  }

  onEvent(event: TftpEvent): void {
    if (event.kind === "completed") this.#duration.observe(event.stats.milliseconds / 1000);
  }
}
