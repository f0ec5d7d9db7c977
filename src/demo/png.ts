import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BYTES_PER_PIXEL = 3;

/**
 * Turns a binary PPM with 8 bits per colour (what QEMU's `screendump` writes) into a PNG. Throws a RangeError when it is
 * something else.
 */
export function pngFromPpm(ppm: Buffer): Buffer {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.toString("latin1", 0, 64));
  if (!head) throw new RangeError("not a binary PPM with 8 bits per colour");
  const width = Number(head[1]);
  const height = Number(head[2]);
  const pixels = ppm.subarray(head[0].length);
  const line = width * BYTES_PER_PIXEL;
  if (pixels.length < line * height) throw new RangeError("the PPM ends too early");

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  // Colour type 2: red, green, blue.
  header.writeUInt8(2, 9);

  // Each line starts with the number of its filter; 0 is none.
  const raw = Buffer.alloc((line + 1) * height);
  for (let y = 0; y < height; y++) pixels.copy(raw, y * (line + 1) + 1, y * line, (y + 1) * line);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
