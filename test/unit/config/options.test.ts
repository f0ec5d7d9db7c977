import { describe, expect, test } from "vitest";
import { OPTION_TABLE } from "../../../src/config/option-table.ts";
import { type OptionValue, readOptionKey, readOptionValue } from "../../../src/config/read-option.ts";

function encode(key: string, value: OptionValue): string {
  const entry = readOptionKey(key);
  if (!entry.ok) return entry.fault.message;
  const bytes = readOptionValue(entry.value, value);
  return bytes.ok ? bytes.value.toString("hex") : bytes.fault.message;
}

describe("DHCP options in the config", () => {
  test.each<[string, OptionValue, string]>([
    ["ntp-servers", "10.0.0.1", "0a000001"],
    ["42", ["10.0.0.1", "10.0.0.2"], "0a0000010a000002"],
    ["interface-mtu", 1500, "05dc"],
    ["interface-mtu", "1500", "05dc"],
    ["time-offset", -3600, "fffff1f0"],
    ["tzdb-timezone", "Europe/Berlin", "4575726f70652f4265726c696e"],
    ["domain-search", ["a.example", "b.example."], "0161076578616d706c6500" + "0162076578616d706c6500"],
    ["classless-static-routes", "10.1.0.0/16 via 10.0.0.1", "100a010a000001"],
    [
      "classless-static-routes",
      ["default via 10.0.0.1", "10.128.0.0/9 via 10.0.0.2"],
      "000a000001" + "090a800a000002",
    ],
    ["43", "hex:01 04:00000000", "010400000000"],
    ["224", "text:a:b", "613a62"],
    ["224", "ip:10.0.0.1,10.0.0.2", "0a0000010a000002"],
    ["224", "u8:255", "ff"],
    ["224", "u16:256", "0100"],
    ["224", "u32:4294967295", "ffffffff"],
    ["ntp-servers", "hex:0a000001", "0a000001"],
    [
      "proxmox-auto-installer-url",
      "https://10.0.0.1/answer",
      Buffer.from("https://10.0.0.1/answer").toString("hex"),
    ],
  ])("%s: %j", (key, value, hex) => {
    expect(encode(key, value)).toBe(hex);
  });

  test.each<[string, OptionValue, string]>([
    ["224", "abc", "what its value means is not known"],
    ["224", 7, "what its value means is not known"],
    ["224", "hex:abc", "not bytes in hexadecimal"],
    ["224", "u8:256", "not a whole number of 0 to 255"],
    ["224", "u16:", "not a whole number"],
    ["224", "text:", "has no value"],
    ["224", [], "has no value"],
    ["interface-mtu", 70_000, "not a whole number of 0 to 65535"],
    ["interface-mtu", [1, 2], "one value is expected"],
    ["tzdb-timezone", 3, "is not text"],
    ["tzdb-timezone", "", "has no value"],
    ["routers", true, "is not an IPv4 address"],
    ["domain-search", "a..b", "is not a domain"],
    ["classless-static-routes", "10.1.0.5/16 via 10.0.0.1", "is not a route"],
    ["0", 1, "cannot be set here"],
    ["82", "hex:00", "cannot be set here"],
    ["255", 1, "cannot be set here"],
    ["256", 1, "there is no DHCP option"],
    ["ntp", 1, "there is no DHCP option"],
  ])("not %s: %j", (key, value, message) => {
    expect(encode(key, value)).toContain(message);
  });

  test("the table names each option once", () => {
    expect(OPTION_TABLE).toHaveLength(27);
    expect(new Set(OPTION_TABLE.map((entry) => entry.code)).size).toBe(OPTION_TABLE.length);
    expect(new Set(OPTION_TABLE.map((entry) => entry.name)).size).toBe(OPTION_TABLE.length);
  });
});
