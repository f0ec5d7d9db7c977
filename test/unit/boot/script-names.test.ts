import { describe, expect, it } from "vitest";
import { ipxeScriptPath, parseScriptName } from "../../../src/boot/content-paths.ts";
import { quoteCommandLine } from "../../../src/boot/script-view.ts";
import { mac } from "../support/config.ts";

const MAC = mac("52:54:00:12:34:56");

describe("names of boot scripts", () => {
  it.each([
    ["boot/uefi/52-54-00-12-34-56.ipxe", { firmware: "uefi", dialect: "ipxe" }],
    ["boot/efi/52-54-00-12-34-56.ipxe", { firmware: "uefi", dialect: "ipxe" }],
    ["boot/pcbios/52-54-00-12-34-56.ipxe", { firmware: "bios", dialect: "ipxe" }],
    ["pxelinux.cfg/01-52-54-00-12-34-56", { firmware: "bios", dialect: "pxelinux" }],
    ["grub/grub.cfg-01-52-54-00-12-34-56", { firmware: "uefi", dialect: "grub" }],
    ["grub/grub.cfg-01-52:54:00:12:34:56", { firmware: "uefi", dialect: "grub" }],
  ])("%s", (path, expected) => {
    expect(parseScriptName(path)).toEqual({ mac: MAC, ...expected });
  });

  it.each([
    "pxelinux.cfg/default",
    "grub/grub.cfg",
    "boot/uefi/nobody.ipxe",
    "grub/grub.cfg-01-zz",
    "boot/arm/52-54-00-12-34-56.ipxe",
  ])("%s is none", (path) => {
    expect(parseScriptName(path)).toBeUndefined();
  });

  it("reads what it writes", () => {
    expect(parseScriptName(ipxeScriptPath(MAC, "bios"))).toEqual({
      mac: MAC,
      firmware: "bios",
      dialect: "ipxe",
    });
  });
});

describe("kernel arguments in each loader's quoting", () => {
  const SEED = "ds=nocloud;s=http://10.0.0.1/a/";

  it.each([
    ["grub", `'${SEED}' quiet`],
    ["ipxe", `${SEED} quiet`],
    ["pxelinux", `${SEED} quiet`],
  ] as const)("%s", (dialect, expected) => {
    expect(quoteCommandLine([SEED, "quiet"], dialect)).toBe(expected);
  });

  it("cannot be broken out of by a line break or a quote", () => {
    expect(quoteCommandLine(["a=1\nboot"], "pxelinux")).toBe("a=1 boot");
    expect(quoteCommandLine(["it;reboot"], "grub")).toBe("'it;reboot'");
  });

  it("an entry with blanks is several arguments, for each loader", () => {
    expect(quoteCommandLine(["ip=dhcp  a;b"], "grub")).toBe("ip=dhcp 'a;b'");
    expect(quoteCommandLine(["ip=dhcp  a;b"], "ipxe")).toBe("ip=dhcp a;b");
  });

  it.each([
    ["ipxe", "x=${uuid}"],
    ["ipxe", "#x"],
    ["ipxe", "||"],
    ["ipxe", "&&"],
    ["ipxe", ";"],
    ["grub", "a='b'"],
    ["grub", 'a="b c"'],
    ["grub", "a=b\\c"],
  ] as const)("%s has no way to pass %s on, and it is refused with a code", (dialect, arg) => {
    expect(() => quoteCommandLine(["quiet", arg], dialect)).toThrow(
      expect.objectContaining({ code: "BW_BOOT_ARGUMENT" }),
    );
  });

  it("a byte by its number goes through GRUB as it is", () => {
    expect(quoteCommandLine(["a=b\\x20c"], "grub")).toBe("'a=b\\x20c'");
  });
});
