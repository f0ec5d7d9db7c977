import { type Ipv4, readIpv4 } from "./ipv4.ts";

/** Datagrams of one call, and octets of each. */
export const SLOTS = 64;
export const SLOT_SIZE = 2048;

/** As 64-bit Linux lays them out, little-endian: `struct mmsghdr`, `struct iovec`, `struct sockaddr_in`. */
const HEADER = 64;
const VECTOR = 16;
const NAME = 16;
const LENGTH_IN_HEADER = 56;
const FLAGS_IN_HEADER = 48;
const MSG_TRUNC = 0x20;
const AF_INET = 2;

const VECTORS_AT = SLOTS * HEADER;
const NAMES_AT = VECTORS_AT + SLOTS * VECTOR;
const DATA_AT = NAMES_AT + SLOTS * NAME;

/**
 * Memory for recvmmsg(2) and sendmmsg(2): headers, addresses and octets of up to 64 datagrams in one piece that never moves
 * and that every pointer in it stays within. The pointers are written once, and nothing from outside ever becomes one.
 */
export class DatagramSlab {
  /** For the system calls, which take its beginning for an array of `struct mmsghdr`. Kept as long as the slab is. */
  readonly memory = Buffer.allocUnsafeSlow(DATA_AT + SLOTS * SLOT_SIZE).fill(0);

  /** `addressOf` tells where a buffer is in memory. */
  constructor(addressOf: (buffer: Buffer) => bigint) {
    const base = addressOf(this.memory);
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = slot * HEADER;
      const vector = VECTORS_AT + slot * VECTOR;
      const name = NAMES_AT + slot * NAME;
      this.memory.writeBigUInt64LE(base + BigInt(name), header);
      this.memory.writeUInt32LE(NAME, header + 8);
      this.memory.writeBigUInt64LE(base + BigInt(vector), header + 16);
      this.memory.writeBigUInt64LE(1n, header + 24);
      this.memory.writeBigUInt64LE(base + BigInt(DATA_AT + slot * SLOT_SIZE), vector);
      this.memory.writeBigUInt64LE(BigInt(SLOT_SIZE), vector + 8);
      this.memory.writeUInt16LE(AF_INET, name);
    }
  }

  /** Takes a datagram into a slot, to be sent. It must fit. */
  put(slot: number, bytes: Buffer, address: Ipv4, port: number): void {
    bytes.copy(this.memory, DATA_AT + slot * SLOT_SIZE);
    this.memory.writeUInt32LE(bytes.length, VECTORS_AT + slot * VECTOR + 8);
    const name = NAMES_AT + slot * NAME;
    this.memory.writeUInt16BE(port, name + 2);
    this.memory.writeUInt32BE(address, name + 4);
  }

  /** What was received into a slot, as memory of its own; `undefined` where it was longer than a slot. */
  take(slot: number): { readonly bytes: Buffer; readonly address: Ipv4; readonly port: number } | undefined {
    const header = slot * HEADER;
    if ((this.memory.readUInt32LE(header + FLAGS_IN_HEADER) & MSG_TRUNC) !== 0) return undefined;
    const size = Math.min(SLOT_SIZE, this.memory.readUInt32LE(header + LENGTH_IN_HEADER));
    const bytes = Buffer.allocUnsafe(size);
    const from = DATA_AT + slot * SLOT_SIZE;
    this.memory.copy(bytes, 0, from, from + size);
    const name = NAMES_AT + slot * NAME;
    return { bytes, address: readIpv4(this.memory, name + 4), port: this.memory.readUInt16BE(name + 2) };
  }

  /** A datagram that was put into a slot, as it is there. */
  look(slot: number): { readonly bytes: Buffer; readonly address: Ipv4; readonly port: number } {
    const size = this.memory.readUInt32LE(VECTORS_AT + slot * VECTOR + 8);
    const from = DATA_AT + slot * SLOT_SIZE;
    const name = NAMES_AT + slot * NAME;
    return {
      bytes: this.memory.subarray(from, from + size),
      address: readIpv4(this.memory, name + 4),
      port: this.memory.readUInt16BE(name + 2),
    };
  }
}

/** Where the header of a slot begins. */
export function headerAt(slot: number): number {
  return slot * HEADER;
}
