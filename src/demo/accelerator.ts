import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolEnvironment } from "./tools.ts";

/** How QEMU runs the guest's code. `kvm`: on the processor itself; `tcg`: translated, many times slower. */
export type Accelerator = "kvm" | "tcg";

/**
 * QEMU's arguments for an accelerator. Emulated, the processor is the least that current distributions ask for (x86-64-v2,
 * Proxmox's default too): what it lacks need not be emulated, which saves a fifth of the time.
 */
export const ACCELERATOR_ARGUMENTS: Readonly<Record<Accelerator, readonly string[]>> = {
  kvm: ["-accel", "kvm", "-cpu", "host"],
  tcg: ["-accel", "tcg,thread=multi", "-cpu", "Nehalem"],
};

const EXIT_PORT = 0xf4;
const EXIT_VALUE = 0x10;
/** QEMU's exit code for a value that the guest wrote to its debug-exit device. */
const EXIT_CODE = (EXIT_VALUE << 1) | 1;
/** A guest that boots at all is here within a second. */
const DEADLINE = 15_000;

/**
 * KVM where a guest really boots on it, else TCG. That /dev/kvm can be opened says little (nested and sandboxed machines
 * have it, and guests hang), so a guest of one boot sector is started, which ends QEMU with an exit code of its own.
 */
export async function findAccelerator(): Promise<Accelerator> {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return "tcg";
  }
  return (await boots("kvm")) ? "kvm" : "tcg";
}

async function boots(accelerator: Accelerator): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "bootwire-kvm-"));
  try {
    const disk = join(folder, "probe.raw");
    await writeFile(disk, bootSector());
    return await new Promise<boolean>((resolve) => {
      execFile(
        "qemu-system-x86_64",
        [
          ...ACCELERATOR_ARGUMENTS[accelerator],
          ...["-machine", "q35", "-m", "64", "-display", "none", "-nodefaults", "-no-user-config"],
          ...["-device", `isa-debug-exit,iobase=${EXIT_PORT},iosize=1`],
          ...[
            "-drive",
            `file=${disk},format=raw,if=none,id=d0`,
            "-device",
            "virtio-blk-pci,drive=d0,bootindex=0",
          ],
        ],
        { env: toolEnvironment(), timeout: DEADLINE, killSignal: "SIGKILL" },
        (error) => resolve(error?.code === EXIT_CODE),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** mov al, EXIT_VALUE; out EXIT_PORT, al; hlt; jmp to the hlt. */
function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  Buffer.from([0xb0, EXIT_VALUE, 0xe6, EXIT_PORT, 0xf4, 0xeb, 0xfd]).copy(sector);
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}
