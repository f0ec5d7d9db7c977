import { SECTOR } from "./image-recipe.ts";

/** Space for code in a master boot record; the partition table follows. */
const MBR_CODE = 440;
/** Where GRUB's boot.img (`boot.S`) keeps the sector of the core image, and which drive to take. */
const KERNEL_SECTOR = 0x5c;
const BOOT_DRIVE = 0x64;
const DRIVE_CHECK = 0x66;
/** The drive that the BIOS booted from. */
const DRIVE_OF_BIOS = 0xff;
const NOP = 0x90;
/** Where the core's first sector (`diskboot.S`) keeps the sector of the rest. */
const REST_OF_CORE = 0x1f4;

/**
 * What `grub-bios-setup` does, without a block device: the boot record's code and the core image, each told where the
 * next piece lies. `mbr` is the image's first sector; its partition table stays.
 */
export function installGrub(mbr: Buffer, bootImage: Buffer, coreImage: Buffer, coreSector: number) {
  if (mbr.length !== SECTOR || bootImage.length !== SECTOR || coreImage.length <= SECTOR)
    throw new RangeError("not GRUB's boot.img and core.img");
  const boot = Buffer.from(bootImage);
  boot.writeBigUInt64LE(BigInt(coreSector), KERNEL_SECTOR);
  boot.writeUInt8(DRIVE_OF_BIOS, BOOT_DRIVE);
  // A jump that only floppies need.
  boot.fill(NOP, DRIVE_CHECK, DRIVE_CHECK + 2);
  const core = Buffer.from(coreImage);
  core.writeBigUInt64LE(BigInt(coreSector + 1), REST_OF_CORE);
  return { mbr: Buffer.concat([boot.subarray(0, MBR_CODE), mbr.subarray(MBR_CODE)]), core };
}
