import type { TftpEvent, TransferInfo } from "../tftp/source.ts";

/** A large file's transfer is told in so many steps. */
const STEPS = 4;
/** Transfers that are remembered at most. */
const REMEMBERED = 4096;

/** Thins out the progress of transfers: a timeline wants to know of each quarter, not of each second. */
export class TransferSteps {
  /** Steps done, by transfer; the oldest first. */
  readonly #done = new Map<string, number>();

  /** Whether this is the first event beyond another quarter of its file. Wants to see the transfers' ends too. */
  isStep(event: TftpEvent): boolean {
    if (event.kind === "refused" || event.kind === "started") return false;
    const key = keyOf(event.transfer);
    if (event.kind !== "progress") {
      this.#done.delete(key);
      return false;
    }
    const step = Math.floor((event.bytesAcked * STEPS) / Math.max(1, event.transfer.size));
    if (step <= (this.#done.get(key) ?? 0)) return false;
    this.#done.set(key, step);
    if (this.#done.size > REMEMBERED) {
      for (const oldest of this.#done.keys()) {
        this.#done.delete(oldest);
        break;
      }
    }
    return true;
  }
}

function keyOf({ client, filename }: TransferInfo): string {
  return `${client.address}/${client.port}/${filename}`;
}
