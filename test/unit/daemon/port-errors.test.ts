import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { portError } from "../../../src/daemon/port-errors.ts";
import { BootwireError } from "../../../src/errors.ts";

const DHCP = { service: "DHCP", protocol: "UDP", address: "0.0.0.0", port: 67 } as const;

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe("a port that cannot be opened", () => {
  it.each([
    ["EACCES", "BW_PORT_DENIED", /setcap cap_net_bind_service/],
    ["EPERM", "BW_PORT_DENIED", /sudo npm start/],
    ["EADDRINUSE", "BW_PORT_IN_USE", /ss -lnpu 'sport = :67'/],
    ["EADDRNOTAVAIL", "BW_ADDRESS_GONE", /ip address/],
  ])("%s is told as %s, with what to do", (code, expected, hint) => {
    const error = portError(DHCP, failure(code));
    expect(error).toBeInstanceOf(BootwireError);
    expect(error).toMatchObject({ code: expected, hint: expect.stringMatching(hint) });
    expect(String(error)).toContain("UDP port 67");
  });

  it("what the system really answers for a port in use is understood", async () => {
    const first = createSocket("udp4");
    await new Promise<void>((resolve) => first.bind(0, "127.0.0.1", resolve));
    const second = createSocket("udp4");
    const error = await new Promise((resolve) => {
      second.once("error", resolve);
      second.bind(first.address().port, "127.0.0.1");
    });
    first.close();
    second.close();
    expect(portError(DHCP, error)).toMatchObject({ code: "BW_PORT_IN_USE" });
  });

  it("anything else stays what it is", () => {
    const other = failure("EIO");
    expect(portError(DHCP, other)).toBe(other);
  });
});
