import { describe, expect, it } from "vitest";
import type { DhcpEvent } from "../../../src/dhcp/ports.ts";
import { ipv4 } from "../../../src/net/ipv4.ts";
import type { TftpEvent } from "../../../src/tftp/source.ts";
import { dhcpLine } from "../../../src/timeline/dhcp.ts";
import { TransferSteps } from "../../../src/timeline/transfer-steps.ts";
import { downloadLine, tftpLine } from "../../../src/timeline/transfers.ts";
import { host, mac } from "../support/config.ts";

const MAC = mac("52:54:00:12:34:56");
const WEB1 = host({ mac: MAC });

function dhcp(said: Partial<DhcpEvent>): DhcpEvent {
  return {
    kind: "offer",
    mac: MAC,
    address: ipv4(0x0a000005),
    interface: "br0",
    arch: 0,
    userClass: "iPXE",
    file: "undionly.kpxe",
    reason: "armed",
    ...said,
  };
}

describe("the timeline's line for DHCP", () => {
  it("says what was offered and why", () => {
    expect(dhcpLine(dhcp({}), WEB1, 1)).toMatchObject({
      machine: "web1",
      kind: "dhcp.offer",
      text: "offered 10.0.0.5, boot file undionly.kpxe: armed",
      data: { interface: "br0", address: "10.0.0.5", arch: 0, file: "undionly.kpxe" },
    });
  });

  it("says why there was no answer", () => {
    const silent = dhcp({ kind: "silent", address: undefined, file: undefined, reason: "unknown host" });
    expect(dhcpLine(silent, undefined, 1)).toMatchObject({
      machine: undefined,
      text: "no answer: unknown host",
    });
  });

  it("leaves out phones and laptops: no host of ours, nothing to boot", () => {
    const laptop = dhcp({ kind: "ack", arch: undefined, userClass: undefined, file: undefined });
    expect(dhcpLine(laptop, undefined, 1)).toBeUndefined();
    expect(dhcpLine(laptop, WEB1, 1)).toBeDefined();
  });
});

const TRANSFER = {
  filename: "ipxe.efi",
  client: { address: "10.0.0.5", port: 1024 },
  size: 1000,
  blockSize: 512,
  windowSize: 1,
};
const STATS = { bytes: 1000, blocks: 2, retransmissions: 3, milliseconds: 40 };

describe("the timeline's line for a transfer", () => {
  it.each<[string, TftpEvent, object | undefined]>([
    [
      "completed",
      { kind: "completed", transfer: TRANSFER, stats: STATS },
      {
        kind: "tftp.completed",
        text: "ipxe.efi by TFTP: 1000 bytes in 40 ms, 3 retransmissions",
        data: STATS,
      },
    ],
    ["failed", { kind: "failed", transfer: TRANSFER, stats: STATS, reason: "gone" }, { kind: "tftp.failed" }],
    ["a size probe", { kind: "aborted", transfer: TRANSFER, stats: STATS, reason: "probe" }, undefined],
    [
      "progress",
      { kind: "progress", transfer: TRANSFER, bytesAcked: 512 },
      {
        kind: "tftp.progress",
        text: "ipxe.efi by TFTP: 51 % of 1000 bytes",
        data: { percent: 51, bytes: 512, size: 1000 },
      },
    ],
    ["started", { kind: "started", transfer: TRANSFER }, undefined],
  ])("%s", (_name, event, expected) => {
    const line = tftpLine(event, { mac: MAC, host: WEB1 }, 1);
    if (expected) expect(line).toMatchObject({ machine: "web1", mac: MAC, ...expected });
    else expect(line).toBeUndefined();
  });

  it("tells of a large file at each quarter, once", () => {
    const steps = new TransferSteps();
    const progress = (bytesAcked: number, port = 1024): TftpEvent => ({
      kind: "progress",
      transfer: { ...TRANSFER, client: { address: "10.0.0.5", port } },
      bytesAcked,
    });
    const seen = [100, 249, 250, 300, 499, 900, 910].map((bytes) => steps.isStep(progress(bytes)));
    expect(seen).toEqual([false, false, true, false, false, true, false]);
    expect(steps.isStep(progress(500, 1025)), "another transfer").toBe(true);
    expect(steps.isStep({ kind: "completed", transfer: TRANSFER, stats: STATS })).toBe(false);
    expect(steps.isStep(progress(260)), "the same port again, later").toBe(true);
  });

  it("tells a whole download from one that was cut", () => {
    const client = { mac: MAC, host: WEB1 };
    const whole = { path: "media/x.raw", method: "GET", bytes: 10, complete: true };
    expect(downloadLine(whole, client, 1)).toMatchObject({ kind: "http.completed" });
    expect(downloadLine({ ...whole, complete: false }, client, 1)).toMatchObject({ kind: "http.aborted" });
    expect(downloadLine({ ...whole, method: "HEAD" }, client, 1)).toBeUndefined();
  });
});
