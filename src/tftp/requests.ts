import type { RemoteInfo } from "node:dgram";
import type { LanePort } from "./lane-shell.ts";
import type { Listener } from "./listener.ts";

/** A request that is being served. */
export interface Served {
  readonly id: number;
  readonly listener: Listener;
  readonly client: RemoteInfo;
  /** The request as it came. */
  readonly bytes: Buffer;
  readonly filename: string;
  /** Where its transfer runs; undefined while its content is looked for. */
  lane: LanePort | undefined;
}

/** The requests that are being served, by number and by who asked where. */
export class Requests {
  readonly #byId = new Map<number, Served>();
  readonly #newest = new Map<string, Served>();
  #nextId = 1;

  get size(): number {
    return this.#byId.size;
  }

  /** The newest request of this client at this address of ours. */
  of(client: RemoteInfo, listener: Listener): Served | undefined {
    return this.#newest.get(keyOf(client, listener));
  }

  find(id: number): Served | undefined {
    return this.#byId.get(id);
  }

  add(listener: Listener, client: RemoteInfo, bytes: Buffer, filename: string): Served {
    const served: Served = {
      id: this.#nextId++,
      listener,
      client,
      bytes: Buffer.from(bytes),
      filename,
      lane: undefined,
    };
    this.#byId.set(served.id, served);
    this.#newest.set(keyOf(client, listener), served);
    return served;
  }

  /** Whether it is still being served. */
  has(served: Served): boolean {
    return this.#byId.has(served.id);
  }

  /** Whether the client has not asked for something else meanwhile. */
  isNewest(served: Served): boolean {
    return this.of(served.client, served.listener) === served;
  }

  /** False when it was removed before. */
  remove(served: Served): boolean {
    if (!this.#byId.delete(served.id)) return false;
    if (this.isNewest(served)) this.#newest.delete(keyOf(served.client, served.listener));
    return true;
  }
}

function keyOf(client: RemoteInfo, listener: Listener): string {
  return `${client.address}/${client.port}/${listener.address}`;
}
