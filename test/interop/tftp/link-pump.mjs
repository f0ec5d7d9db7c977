// The process behind link.ts: opens two taps and carries Ethernet frames between them, badly.
// argv: names of the two devices. stdin: one quality a line, as JSON. stdout: a line when the taps are there, then a line
// of counts for each quality that it replaces. Has to be killed.
import { openSync, read, write } from "node:fs";
import { createInterface } from "node:readline";
import koffi from "koffi";

const TUNSETIFF = 0x400454ca;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;
const FRAME = 2048;
const IPV4 = 0x0800;
/** Milliseconds that a held-back frame stays behind the others. */
const HELD_BACK = 3;

const ioctl = koffi.load(null).func("int ioctl(int, ulong, void *)");
const taps = process.argv.slice(2, 4).map((device) => {
  const fd = openSync("/dev/net/tun", "r+");
  const request = Buffer.alloc(40);
  request.write(device, "latin1");
  request.writeUInt16LE(IFF_TAP | IFF_NO_PI, 16);
  if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error(`no tap ${device}: error ${koffi.errno()}`);
  return fd;
});

let quality = { loss: 0, delay: 0, duplication: 0, reordering: 0, seed: 1 };
let random = randomOf(quality.seed);
let counts = { carried: 0, lost: 0 };

/** A repeatable source of numbers in 0 … 1 (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function carry(to, frame) {
  // Without ARP there is nothing to test.
  if (frame.readUInt16BE(12) !== IPV4) {
    write(to, frame, () => undefined);
    return;
  }
  counts.carried++;
  const copies = random() < quality.duplication ? 2 : 1;
  for (let i = 0; i < copies; i++) {
    // Drawn in any case, so that the fate of one frame does not hang on another's.
    const lost = random() < quality.loss;
    const held = random() < quality.reordering;
    if (lost) {
      counts.lost++;
      continue;
    }
    const wait = quality.delay + (held ? HELD_BACK : 0);
    const deliver = () => write(to, frame, () => undefined);
    if (wait === 0) deliver();
    else setTimeout(deliver, wait);
  }
}

function pump(from, to) {
  const frame = Buffer.alloc(FRAME);
  read(from, frame, 0, FRAME, null, (error, length) => {
    if (error?.code === "EIO") setTimeout(pump, 10, from, to); // the device is not up yet
    if (error) return;
    carry(to, frame.subarray(0, length));
    pump(from, to);
  });
}

pump(taps[0], taps[1]);
pump(taps[1], taps[0]);
process.stdout.write("ready\n");

createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  quality = JSON.parse(line);
  random = randomOf(quality.seed);
  counts = { carried: 0, lost: 0 };
});
