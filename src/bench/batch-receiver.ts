/** DATA packets that one call takes at most. */
const SLOTS = 64;
const HEADER = 4;
const MSG_DONTWAIT = 0x40;
/** `struct mmsghdr` and `struct iovec` of 64-bit Linux. */
const MESSAGE_SIZE = 64;
const MESSAGE_IOV = 16;
const MESSAGE_IOV_LENGTH = 24;
const MESSAGE_RECEIVED = 56;
const IOV_SIZE = 16;

/** Receives many packets of a connected socket in one system call, their contents one after the other in memory. */
export interface BatchReceiver {
  /** How many came, waiting for none; 0 when nothing is there, negative: the error number. */
  receive(fd: number): number;
  /** Octets of the i-th packet. */
  length(index: number): number;
  /** Its first four octets, as one number. */
  header(index: number): number;
  /** The rest of all packets: those of the i-th begin at `i * blockSize`. */
  readonly contents: Buffer;
}

/** A maker of receivers for blocks of a size: recvmmsg(2) by koffi. Rejects where that is missing. */
export async function loadBatchReceivers(): Promise<(blockSize: number) => BatchReceiver> {
  const koffi = await import("koffi");
  const recvmmsg: (fd: number, messages: Buffer, count: number, flags: number, timeout: null) => number =
    koffi.load(null).func("int recvmmsg(int, void *, uint, int, void *)");
  return (blockSize) => {
    const headers = Buffer.allocUnsafeSlow(SLOTS * HEADER);
    const contents = Buffer.allocUnsafeSlow(SLOTS * blockSize);
    const parts = Buffer.alloc(SLOTS * 2 * IOV_SIZE);
    const messages = Buffer.alloc(SLOTS * MESSAGE_SIZE);
    for (let i = 0; i < SLOTS; i++) {
      const part = i * 2 * IOV_SIZE;
      parts.writeBigUInt64LE(koffi.address(headers) + BigInt(i * HEADER), part);
      parts.writeBigUInt64LE(BigInt(HEADER), part + 8);
      parts.writeBigUInt64LE(koffi.address(contents) + BigInt(i * blockSize), part + IOV_SIZE);
      parts.writeBigUInt64LE(BigInt(blockSize), part + IOV_SIZE + 8);
      messages.writeBigUInt64LE(koffi.address(parts) + BigInt(part), i * MESSAGE_SIZE + MESSAGE_IOV);
      messages.writeBigUInt64LE(2n, i * MESSAGE_SIZE + MESSAGE_IOV_LENGTH);
    }
    // The closures below keep all four buffers: the kernel knows them by their addresses alone.
    const kept = { headers, contents, parts, messages };
    return {
      contents,
      receive: (fd) => {
        const count = recvmmsg(fd, kept.messages, SLOTS, MSG_DONTWAIT, null);
        return count < 0 ? -koffi.errno() : count;
      },
      length: (index) => kept.messages.readUInt32LE(index * MESSAGE_SIZE + MESSAGE_RECEIVED),
      header: (index) => kept.headers.readUInt32BE(index * HEADER),
    };
  };
}
