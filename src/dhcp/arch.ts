/** A client system architecture of option 93 (RFC 4578 §2.1, IANA "Processor Architecture Types"). */
export interface ArchType {
  readonly code: number;
  /** IANA's name of it. */
  readonly name: string;
  readonly firmware: "bios" | "uefi" | "uboot" | "other";
  readonly cpu:
    | "x86"
    | "x64"
    | "arm32"
    | "arm64"
    | "riscv32"
    | "riscv64"
    | "riscv128"
    | "loong32"
    | "loong64"
    | "other";
  /** What it fetches its boot file with. */
  readonly transport: "tftp" | "http";
}

/** The table as IANA has it (dhcpv6-parameters, "Processor Architecture Types"). */
export const ARCH_TYPES: readonly ArchType[] = [
  { code: 0, name: "x86 BIOS", firmware: "bios", cpu: "x86", transport: "tftp" },
  { code: 1, name: "NEC/PC98", firmware: "bios", cpu: "other", transport: "tftp" },
  { code: 2, name: "Itanium", firmware: "uefi", cpu: "other", transport: "tftp" },
  { code: 3, name: "DEC Alpha", firmware: "other", cpu: "other", transport: "tftp" },
  { code: 4, name: "Arc x86", firmware: "other", cpu: "x86", transport: "tftp" },
  { code: 5, name: "Intel Lean Client", firmware: "other", cpu: "x86", transport: "tftp" },
  { code: 6, name: "x86 UEFI", firmware: "uefi", cpu: "x86", transport: "tftp" },
  { code: 7, name: "x64 UEFI", firmware: "uefi", cpu: "x64", transport: "tftp" },
  { code: 8, name: "EFI Xscale", firmware: "uefi", cpu: "other", transport: "tftp" },
  // RFC 4578 called 9 "EFI x86-64" and 7 "EFI BC"; clients use both for 64-bit UEFI, which is what the erratum says.
  { code: 9, name: "EBC", firmware: "uefi", cpu: "x64", transport: "tftp" },
  { code: 10, name: "ARM 32-bit UEFI", firmware: "uefi", cpu: "arm32", transport: "tftp" },
  { code: 11, name: "ARM 64-bit UEFI", firmware: "uefi", cpu: "arm64", transport: "tftp" },
  { code: 12, name: "PowerPC Open Firmware", firmware: "other", cpu: "other", transport: "tftp" },
  { code: 13, name: "PowerPC ePAPR", firmware: "other", cpu: "other", transport: "tftp" },
  { code: 14, name: "POWER OPAL v3", firmware: "other", cpu: "other", transport: "tftp" },
  { code: 15, name: "x86 uefi boot from http", firmware: "uefi", cpu: "x86", transport: "http" },
  { code: 16, name: "x64 uefi boot from http", firmware: "uefi", cpu: "x64", transport: "http" },
  { code: 17, name: "ebc boot from http", firmware: "uefi", cpu: "x64", transport: "http" },
  { code: 18, name: "arm uefi 32 boot from http", firmware: "uefi", cpu: "arm32", transport: "http" },
  { code: 19, name: "arm uefi 64 boot from http", firmware: "uefi", cpu: "arm64", transport: "http" },
  { code: 20, name: "pc/at bios boot from http", firmware: "bios", cpu: "x86", transport: "http" },
  { code: 21, name: "arm 32 uboot", firmware: "uboot", cpu: "arm32", transport: "tftp" },
  { code: 22, name: "arm 64 uboot", firmware: "uboot", cpu: "arm64", transport: "tftp" },
  { code: 23, name: "arm uboot 32 boot from http", firmware: "uboot", cpu: "arm32", transport: "http" },
  { code: 24, name: "arm uboot 64 boot from http", firmware: "uboot", cpu: "arm64", transport: "http" },
  { code: 25, name: "RISC-V 32-bit UEFI", firmware: "uefi", cpu: "riscv32", transport: "tftp" },
  {
    code: 26,
    name: "RISC-V 32-bit UEFI boot from http",
    firmware: "uefi",
    cpu: "riscv32",
    transport: "http",
  },
  { code: 27, name: "RISC-V 64-bit UEFI", firmware: "uefi", cpu: "riscv64", transport: "tftp" },
  {
    code: 28,
    name: "RISC-V 64-bit UEFI boot from http",
    firmware: "uefi",
    cpu: "riscv64",
    transport: "http",
  },
  { code: 29, name: "RISC-V 128-bit UEFI", firmware: "uefi", cpu: "riscv128", transport: "tftp" },
  {
    code: 30,
    name: "RISC-V 128-bit UEFI boot from http",
    firmware: "uefi",
    cpu: "riscv128",
    transport: "http",
  },
  { code: 31, name: "s390 Basic", firmware: "other", cpu: "other", transport: "tftp" },
  { code: 32, name: "s390 Extended", firmware: "other", cpu: "other", transport: "tftp" },
  { code: 33, name: "MIPS 32-bit UEFI", firmware: "uefi", cpu: "other", transport: "tftp" },
  { code: 34, name: "MIPS 64-bit UEFI", firmware: "uefi", cpu: "other", transport: "tftp" },
  { code: 35, name: "Sunway 32-bit UEFI", firmware: "uefi", cpu: "other", transport: "tftp" },
  { code: 36, name: "Sunway 64-bit UEFI", firmware: "uefi", cpu: "other", transport: "tftp" },
  { code: 37, name: "LoongArch 32-bit UEFI", firmware: "uefi", cpu: "loong32", transport: "tftp" },
  {
    code: 38,
    name: "LoongArch 32-bit UEFI boot from http",
    firmware: "uefi",
    cpu: "loong32",
    transport: "http",
  },
  { code: 39, name: "LoongArch 64-bit UEFI", firmware: "uefi", cpu: "loong64", transport: "tftp" },
  {
    code: 40,
    name: "LoongArch 64-bit UEFI boot from http",
    firmware: "uefi",
    cpu: "loong64",
    transport: "http",
  },
  { code: 41, name: "arm rpiboot", firmware: "other", cpu: "other", transport: "tftp" },
];

const BY_CODE: ReadonlyMap<number, ArchType> = new Map(ARCH_TYPES.map((entry) => [entry.code, entry]));

/** The entry of a code, `undefined` for one that IANA has not (yet) given out. */
export function archType(code: number): ArchType | undefined {
  return BY_CODE.get(code);
}

/** For people: `x64 UEFI (7)`, `unknown (99)`. */
export function describeArch(code: number): string {
  return `${BY_CODE.get(code)?.name ?? "unknown"} (${code})`;
}
