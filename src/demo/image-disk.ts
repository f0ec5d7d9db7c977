import { open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installGrub } from "./boot-sector.ts";
import { RECIPE, ROOT_LABEL, SECTOR } from "./image-recipe.ts";
import { inRoot } from "./image-root.ts";
import { runTool } from "./tools.ts";

/** The pieces of GRUB. */
export interface BootLoaders {
  readonly bootImage: Buffer;
  readonly coreImage: Buffer;
  /** An EFI program. */
  readonly efi: Buffer;
}

type GrubFormat = "i386-pc" | "x86_64-efi";

/** Makes GRUB for BIOS and for UEFI, with the tools in the image. */
export async function makeBootLoaders(root: string): Promise<BootLoaders> {
  const make = async (format: GrubFormat): Promise<Buffer> => {
    const { common } = RECIPE.grubModules;
    await writeFile(join(root, "tmp/early.cfg"), RECIPE.grubEarly);
    const output = `/tmp/grub.${format}`;
    await inRoot(root, "grub-mkimage", [
      ...["--format", format, "--config", "/tmp/early.cfg", "--prefix", "/boot/grub", "--output", output],
      ...[...common, ...RECIPE.grubModules[format]],
    ]);
    return await readFile(join(root, output));
  };
  return {
    bootImage: await readFile(join(root, "usr/lib/grub/i386-pc/boot.img")),
    coreImage: await make("i386-pc"),
    efi: await make("x86_64-efi"),
  };
}

/**
 * Puts the image together: a GPT with a partition for GRUB's BIOS part, an EFI partition with the loader at the path for
 * removable media, and the root file system. No loop device and no mount is needed.
 */
export async function makeDisk(path: string, root: string, loaders: BootLoaders): Promise<void> {
  const { bios, esp, root: rootPartition } = RECIPE.partitions;
  await writeFile(path, "");
  await truncate(path, RECIPE.sectors * SECTOR);
  const table = Object.values(RECIPE.partitions)
    .map(({ number, start, size, type }) => `${number} : start=${start}, size=${size}, type=${type}`)
    .join("\n");
  await runTool("sfdisk", ["--quiet", "--no-reread", "--no-tell-kernel", path], {
    input: `label: gpt\n${table}\n`,
  });

  const efiPartition = `${path}@@${esp.start * SECTOR}`;
  await runTool("mformat", [
    "-i",
    efiPartition,
    "-T",
    String(esp.size),
    "-h",
    "64",
    "-s",
    "32",
    "-v",
    "ESP",
    "::",
  ]);
  const program = `${path}.efi`;
  await writeFile(program, loaders.efi);
  await runTool("mmd", ["-i", efiPartition, "::EFI", "::EFI/BOOT"]);
  await runTool("mcopy", ["-i", efiPartition, program, "::EFI/BOOT/BOOTX64.EFI"]);

  const blocks = (rootPartition.size * SECTOR) / 4096;
  await runTool(
    "mke2fs",
    [
      ...["-q", "-t", "ext4", "-b", "4096", "-m", "1", "-L", ROOT_LABEL, "-d", root],
      // Tables are written now: an installed machine need not do it in the background of its first boot.
      ...["-E", `offset=${rootPartition.start * SECTOR},lazy_itable_init=0,lazy_journal_init=0`],
      ...[path, String(blocks)],
    ],
    { deadline: 5 * 60_000 },
  );

  const disk = await open(path, "r+");
  try {
    const { buffer } = await disk.read(Buffer.alloc(SECTOR), 0, SECTOR, 0);
    const { mbr, core } = installGrub(buffer, loaders.bootImage, loaders.coreImage, bios.start);
    if (core.length > bios.size * SECTOR) throw new Error("GRUB is too large for its partition");
    await disk.write(mbr, 0, mbr.length, 0);
    await disk.write(core, 0, core.length, bios.start * SECTOR);
  } finally {
    await disk.close();
  }
}
