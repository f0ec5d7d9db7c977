import { describe, expect, test } from "vitest";
import { installGrub } from "../../../src/demo/boot-sector.ts";

describe("GRUB for BIOS, installed into an image", () => {
  const table = Buffer.alloc(512, 0xee);
  const boot = Buffer.alloc(512, 0x11);
  const core = Buffer.alloc(3 * 512, 0x22);

  test("keeps the partition table, and tells each part where the next one lies", () => {
    const installed = installGrub(table, boot, core, 2048);
    expect(installed.mbr).toHaveLength(512);
    expect(installed.mbr.subarray(440)).toEqual(table.subarray(440));
    expect(installed.mbr.readBigUInt64LE(0x5c)).toBe(2048n);
    expect(installed.mbr.readUInt8(0x64)).toBe(0xff);
    expect(installed.core.readBigUInt64LE(0x1f4)).toBe(2049n);
    expect(installed.core).toHaveLength(core.length);
  });

  test("refuses what is not GRUB's", () => {
    expect(() => installGrub(table, boot.subarray(1), core, 2048)).toThrow(RangeError);
    expect(() => installGrub(table, boot, core.subarray(0, 512), 2048)).toThrow(RangeError);
  });
});
