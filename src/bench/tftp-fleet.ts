import type { NativeSockets, Poller } from "../tftp/native.ts";
import {
  DATA_HEADER,
  decodeClientPacket,
  encodeAck,
  encodeError,
  encodeRequest,
  Opcode,
} from "../tftp/packet.ts";
import type { BatchReceiver } from "./batch-receiver.ts";

/** What a fleet of clients is to fetch. */
export interface FleetTask {
  readonly server: { readonly address: string; readonly port: number };
  readonly filename: string;
  /** Clients at a time. */
  readonly clients: number;
  /** Files that each fetches, one after the other. */
  readonly filesPerClient: number;
  /** 512 asks for nothing; `windowSize` 1 neither. */
  readonly blockSize: number;
  readonly windowSize: number;
  /** After this many seconds what still runs is given up, without counting as a failure. */
  readonly maxSeconds: number;
  /** Whether to look for packets all the time rather than sleep until one comes: for a processor of its own. */
  readonly spin: boolean;
}

export interface FleetReport {
  /** From the first request to the last file's end. */
  readonly seconds: number;
  readonly files: number;
  readonly failures: number;
  /** Times that a client heard nothing for a second and repeated itself. */
  readonly timeouts: number;
  readonly bytes: number;
  /** From an ACK to the first packet after it, microseconds: the median, of single clients in lock-step only. */
  readonly turnaround: number | undefined;
  /** Whether the server agreed to the window. */
  readonly windowAgreed: boolean;
}

const TIMEOUT = 1000;
const MAX_TRIES = 15;
const MAX_SAMPLES = 200_000;
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const EAGAIN = 11;

/**
 * Fetches files with many clients in one thread, and compares every octet with the original. The clients know RFC 1350,
 * 2347, 2348 and 7440, and speak to any server. `onTick` is called now and then.
 */
export function runFleet(
  native: NativeSockets,
  receiverFor: (blockSize: number) => BatchReceiver,
  task: FleetTask,
  original: Buffer,
  onTick?: () => void,
): FleetReport {
  const poller = native.poller();
  const fleet = new Fleet(native, poller, receiverFor, task, original);
  try {
    return fleet.run(onTick);
  } finally {
    poller.close();
  }
}

class Fleet {
  readonly native: NativeSockets;
  readonly poller: Poller;
  readonly task: FleetTask;
  readonly original: Buffer;
  readonly buffer = Buffer.alloc(65_536);
  readonly samples: number[] = [];
  readonly #receiverFor: (blockSize: number) => BatchReceiver;
  readonly #receivers = new Map<number, BatchReceiver>();
  readonly #clients = new Map<number, Client>();
  files = 0;
  failures = 0;
  timeouts = 0;
  bytes = 0;
  windowAgreed = false;

  constructor(
    native: NativeSockets,
    poller: Poller,
    receiverFor: (blockSize: number) => BatchReceiver,
    task: FleetTask,
    original: Buffer,
  ) {
    this.native = native;
    this.poller = poller;
    this.#receiverFor = receiverFor;
    this.task = task;
    this.original = original;
  }

  run(onTick: (() => void) | undefined): FleetReport {
    const start = performance.now();
    for (let i = 0; i < this.task.clients; i++) {
      const client = new Client(this, this.task.filesPerClient);
      client.begin();
    }
    let checkAt = start + 100;
    while (this.#clients.size > 0) {
      const ready = this.poller.wait(this.task.spin ? 0 : 50);
      for (let i = 0; i < ready; i++) this.#clients.get(this.poller.fd(i))?.receive();
      const now = performance.now();
      if (now < checkAt) continue;
      checkAt = now + 100;
      onTick?.();
      if (now - start > this.task.maxSeconds * 1000) {
        for (const client of [...this.#clients.values()]) client.giveUp();
      }
      for (const client of [...this.#clients.values()]) client.tick(now);
    }
    const seconds = (performance.now() - start) / 1000;
    this.samples.sort((a, b) => a - b);
    return {
      seconds,
      files: this.files,
      failures: this.failures,
      timeouts: this.timeouts,
      bytes: this.bytes,
      turnaround: this.samples[Math.floor(this.samples.length / 2)],
      windowAgreed: this.windowAgreed,
    };
  }

  /** One for all clients with blocks of that size: what it took is done with before the next one receives. */
  receiver(blockSize: number): BatchReceiver {
    const receiver = this.#receivers.get(blockSize) ?? this.#receiverFor(blockSize);
    this.#receivers.set(blockSize, receiver);
    return receiver;
  }

  enter(fd: number, client: Client): void {
    this.#clients.set(fd, client);
    this.poller.add(fd);
  }

  leave(fd: number): void {
    this.#clients.delete(fd);
    this.poller.remove(fd);
    this.native.close(fd);
  }
}

/** One client: fetches its files one after the other, each from a new port. */
class Client {
  readonly #fleet: Fleet;
  #left: number;
  #fd = -1;
  #connected = false;
  #blockSize = 512;
  #windowSize = 1;
  /** The block that is wanted next, from 1. */
  #next = 1;
  #inWindow = 0;
  #reported = -1;
  #lastSent: Buffer = Buffer.alloc(0);
  #sentAt = 0;
  #heardAt = 0;
  #tries = 0;
  #sampling = false;
  readonly #ack = encodeAck(0);

  constructor(fleet: Fleet, files: number) {
    this.#fleet = fleet;
    this.#left = files;
  }

  begin(): void {
    const { native, task } = this.#fleet;
    this.#left--;
    this.#fd = native.socket(task.server.address.includes(":") ? "IPv6" : "IPv4");
    native.setOption(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    this.#connected = false;
    this.#blockSize = 512;
    this.#windowSize = 1;
    this.#next = 1;
    this.#inWindow = 0;
    this.#reported = -1;
    this.#tries = 0;
    const options = [];
    if (task.blockSize !== 512) options.push({ name: "blksize", value: String(task.blockSize) });
    if (task.windowSize !== 1) options.push({ name: "windowsize", value: String(task.windowSize) });
    if (options.length > 0) options.push({ name: "tsize", value: "0" });
    this.#fleet.enter(this.#fd, this);
    this.#send(encodeRequest("read", task.filename, "octet", options));
  }

  /** Takes what is there, up to a windowful; more of it is told of once more. */
  receive(): void {
    const { native, buffer } = this.#fleet;
    if (!this.#connected) {
      const first = native.receiveFrom(this.#fd, buffer);
      if (!first) return;
      native.connect(this.#fd, first.address, first.port);
      this.#connected = true;
      this.#take(buffer, first.length);
      return;
    }
    const receiver = this.#fleet.receiver(this.#blockSize);
    const count = receiver.receive(this.#fd);
    if (count < 0) {
      if (count !== -EAGAIN) this.#end(false);
      return;
    }
    for (let i = 0; i < count; ) {
      const run = this.#runOf(receiver, i, count);
      if (run === 0) {
        const packet = Buffer.alloc(receiver.length(i));
        packet.writeUInt32BE(receiver.header(i), 0);
        receiver.contents.copy(packet, DATA_HEADER, i * this.#blockSize);
        if (this.#take(packet, packet.length)) return;
        i++;
      } else {
        const last = receiver.length(i + run - 1) - DATA_HEADER;
        const start = i * this.#blockSize;
        const length = (run - 1) * this.#blockSize + last;
        if (this.#takeData(receiver.contents, start, length, run)) return;
        i += run;
      }
    }
  }

  /** How many of the packets from `first` on are the wanted blocks in their order, up to the window's or the file's end. */
  #runOf(receiver: BatchReceiver, first: number, count: number): number {
    const most = Math.min(count - first, this.#windowSize - this.#inWindow);
    for (let i = 0; i < most; i++) {
      const wanted = Opcode.data * 0x10000 + ((this.#next + i) & 0xffff);
      if (receiver.header(first + i) !== wanted) return i;
      if (receiver.length(first + i) < this.#blockSize + DATA_HEADER) return i + 1;
    }
    return most;
  }

  tick(now: number): void {
    if (now - this.#heardAt < TIMEOUT || now - this.#sentAt < TIMEOUT) return;
    this.#fleet.timeouts++;
    if (++this.#tries > MAX_TRIES) this.#end(false);
    else this.#send(this.#lastSent);
  }

  /** Leaves in the middle, and says so. */
  giveUp(): void {
    this.#left = 0;
    this.#send(encodeError(0, "enough"));
    this.#fleet.bytes += (this.#next - 1) * this.#blockSize;
    this.#fleet.leave(this.#fd);
  }

  /** One packet; true when this file is over. */
  #take(buffer: Buffer, length: number): boolean {
    const opcode = length >= 4 ? buffer.readUInt16BE(0) : 0;
    if (opcode === Opcode.data) {
      if (buffer.readUInt16BE(2) !== (this.#next & 0xffff)) {
        // A gap: say where we stand, once.
        if (this.#reported !== this.#next && this.#windowSize > 1) {
          this.#reported = this.#next;
          this.#sendAck(this.#next - 1);
        }
        return false;
      }
      return this.#takeData(buffer, DATA_HEADER, length - DATA_HEADER, 1);
    }
    this.#heardAt = performance.now();
    if (opcode === Opcode.oack) {
      if (this.#next > 1) return false;
      const options = readOptions(buffer.toString("latin1", 2, length));
      this.#blockSize = Number(options.get("blksize") ?? 512);
      this.#windowSize = Number(options.get("windowsize") ?? 1);
      if (options.has("windowsize")) this.#fleet.windowAgreed = true;
      this.#sendAck(0);
      return false;
    }
    if (decodeClientPacket(buffer, length).kind !== "error") return false;
    this.#end(false);
    return true;
  }

  /** The contents of that many blocks that were wanted next; true when this file is over. */
  #takeData(contents: Buffer, start: number, length: number, blocks: number): boolean {
    const { original, samples, task } = this.#fleet;
    const now = performance.now();
    this.#heardAt = now;
    this.#tries = 0;
    if (this.#sampling && task.clients === 1 && task.windowSize === 1 && samples.length < MAX_SAMPLES) {
      samples.push((now - this.#sentAt) * 1000);
    }
    const at = (this.#next - 1) * this.#blockSize;
    const isLast = length < blocks * this.#blockSize;
    const wrong =
      at + length > original.length ||
      (isLast && at + length !== original.length) ||
      original.compare(contents, start, start + length, at, at + length) !== 0;
    if (wrong) {
      this.#send(encodeError(0, "not what it should be"));
      this.#end(false);
      return true;
    }
    this.#next += blocks;
    this.#inWindow += blocks;
    if (!isLast && this.#inWindow < this.#windowSize) return false;
    this.#sendAck(this.#next - 1);
    if (isLast) this.#end(true);
    return isLast;
  }

  #sendAck(block: number): void {
    this.#inWindow = 0;
    this.#ack.writeUInt16BE(block & 0xffff, 2);
    this.#send(this.#ack);
    this.#sampling = true;
  }

  #send(packet: Buffer): void {
    const { native, task } = this.#fleet;
    this.#lastSent = packet;
    this.#sentAt = performance.now();
    this.#sampling = false;
    if (this.#connected) native.send(this.#fd, packet);
    else native.sendTo(this.#fd, packet, task.server.address, task.server.port);
  }

  #end(success: boolean): void {
    const fleet = this.#fleet;
    if (success) {
      fleet.files++;
      fleet.bytes += fleet.original.length;
    } else fleet.failures++;
    fleet.leave(this.#fd);
    if (this.#left > 0) this.begin();
  }
}

function readOptions(text: string): Map<string, string> {
  const parts = text.split("\0");
  const options = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2)
    options.set((parts[i] ?? "").toLowerCase(), parts[i + 1] ?? "");
  return options;
}
