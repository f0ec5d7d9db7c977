import { describe, expect, it } from "vitest";
import { ARCH_TYPES, archType, describeArch } from "../../../src/dhcp/arch.ts";
import { decodeDomains, encodeDomains } from "../../../src/dhcp/domain-list.ts";
import { decodeValue, encodeValue } from "../../../src/dhcp/option-values.ts";
import { describeOptions, OPTIONS, optionByCode, optionByName } from "../../../src/dhcp/options.ts";
import { cidr } from "./engine-bench.ts";
import { ip, message } from "./packets.ts";

describe("the option table", () => {
  it("has each code and each name once", () => {
    expect(new Set(OPTIONS.map(({ code }) => code)).size).toBe(OPTIONS.length);
    expect(new Set(OPTIONS.map(({ name }) => name)).size).toBe(OPTIONS.length);
    expect(optionByName("proxmox-auto-installer-url")).toBe(optionByCode(250));
  });

  it("shows a message to people", () => {
    const options = {
      53: [1],
      93: [0, 7],
      97: Buffer.from("003e2f1c6f11005544889900aabbccddee", "hex"),
      222: [1, 2],
      57: [1],
    };
    expect(describeOptions(message(undefined, { options }))).toEqual([
      "message-type (53): 1",
      "max-message-size (57): 01",
      "client-architecture (93): 7",
      "client-machine-identifier (97): 6f1c2f3e-0011-4455-8899-00aabbccddee",
      "option (222): 0102",
    ]);
  });
});

describe("RFC 3397 domain search lists (119)", () => {
  it("are compressed as in the RFC's own example", () => {
    const bytes = encodeDomains(["eng.apple.com", "marketing.apple.com"]);
    expect(bytes).toEqual(Buffer.from("\x03eng\x05apple\x03com\x00\x09marketing\xc0\x04", "latin1"));
    expect(decodeDomains(bytes)).toEqual(["eng.apple.com", "marketing.apple.com"]);
  });

  it.each([
    ["a pointer to itself", "c000"],
    ["a pointer forwards", "c004000000"],
    ["two that point to each other", "c002c000"],
    ["a label that runs over", "0561"],
    ["no end", "0161"],
    ["nothing", ""],
  ])("are refused with %s", (_what, hex) => {
    expect(decodeDomains(Buffer.from(hex, "hex"))).toBeUndefined();
  });
});

describe("RFC 3442 classless routes (121)", () => {
  it("carry only as many octets of a network as its prefix covers", () => {
    const value = [
      { network: cidr("0.0.0.0/0"), router: ip("10.0.0.1") },
      { network: cidr("10.17.0.0/16"), router: ip("10.0.0.2") },
      { network: cidr("10.27.129.128/25"), router: ip("10.0.0.3") },
    ];
    const bytes = encodeValue({ codec: "routes", value });
    expect(bytes.toString("hex")).toBe("000a000001" + "100a110a000002" + "190a1b81800a000003");
    expect(decodeValue("routes", bytes)).toEqual({ codec: "routes", value });
    expect(decodeValue("routes", bytes.subarray(0, -1))).toBeUndefined();
    expect(decodeValue("routes", Buffer.of(33, 1, 2, 3, 4, 5, 6, 7, 8, 9))).toBeUndefined();
  });
});

describe("the architecture table", () => {
  it("is complete and in order, from IANA's first to its last", () => {
    expect(ARCH_TYPES.map(({ code }) => code)).toEqual(Array.from({ length: 42 }, (_, code) => code));
  });

  it.each([
    [0, "bios", "x86", "tftp"],
    [6, "uefi", "x86", "tftp"],
    [7, "uefi", "x64", "tftp"],
    [9, "uefi", "x64", "tftp"],
    [11, "uefi", "arm64", "tftp"],
    [15, "uefi", "x86", "http"],
    [16, "uefi", "x64", "http"],
    [18, "uefi", "arm32", "http"],
    [19, "uefi", "arm64", "http"],
    [27, "uefi", "riscv64", "tftp"],
    [39, "uefi", "loong64", "tftp"],
  ])("knows %i", (code, firmware, cpu, transport) => {
    expect(archType(code)).toMatchObject({ firmware, cpu, transport });
  });

  it("names them for people", () => {
    expect(describeArch(7)).toBe("x64 UEFI (7)");
    expect(describeArch(999)).toBe("unknown (999)");
  });
});
