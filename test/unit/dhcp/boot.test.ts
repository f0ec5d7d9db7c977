import { describe, expect, it } from "vitest";
import { bootClient } from "../../../src/dhcp/boot-client.ts";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import type { BootAdvice } from "../../../src/dhcp/ports.ts";
import { Bench, type BenchOptions, host, SERVER } from "./engine-bench.ts";
import { CLIENT, ip, ipBytes, message, type Options } from "./packets.ts";

const BOOT: BootAdvice = {
  kind: "boot",
  file: "ipxe.efi",
  nextServer: SERVER,
  options: new Map([[209, Buffer.from("config")]]),
  reason: "armed",
};

const UUID = Buffer.from("003e2f1c6f11005544889900aabbccddee", "hex");
const EDK2 = {
  [Option.vendorClass]: "PXEClient:Arch:00007:UNDI:003000",
  [Option.arch]: [0, 7],
  [Option.uuid]: UUID,
};
const HTTP = { [Option.vendorClass]: "HTTPClient:Arch:00016:UNDI:003000", [Option.arch]: [0, 16] };
const ROM = { [Option.vendorClass]: "PXEClient:Arch:00000:UNDI:002001", [Option.arch]: [0, 0] };
const IPXE = { ...ROM, [Option.userClass]: "iPXE", [Option.ipxe]: [0xb1, 1, 1] };

const KNOWN = [host("web1", CLIENT)];

function bench(options: BenchOptions = {}): Bench {
  return new Bench({ hosts: KNOWN, advice: BOOT, ...options });
}

function discover(world: Bench, options: Options) {
  return world.ask(message(MessageType.discover, { options }));
}

describe("a full server's answer to a client that boots", () => {
  it("names the file in `file`, 66, 67 and siaddr, with the advisor's own options, and sends 97 back", () => {
    const { reply, event } = discover(bench(), EDK2);
    expect(reply?.packet).toMatchObject({ siaddr: SERVER, file: "ipxe.efi" });
    const options = reply?.packet.options;
    expect(options?.get(Option.tftpServer)?.toString()).toBe("10.0.0.1");
    expect(options?.get(Option.bootFile)?.toString()).toBe("ipxe.efi");
    expect(options?.get(209)?.toString()).toBe("config");
    expect(options?.get(Option.uuid)).toEqual(UUID);
    expect(event).toMatchObject({ kind: "offer", arch: 7, file: "ipxe.efi" });
    expect(event.reason).toBe("free address of the pool; armed");
  });

  it("keeps an option that the admin gave the machine from the advisor's", () => {
    const hosts = [host("web1", CLIENT, undefined, new Map([[209, Buffer.from("own")]]))];
    const { reply } = discover(bench({ hosts }), EDK2);
    expect(reply?.packet.options.get(209)?.toString()).toBe("own");
  });

  it("holds no option 60 for EDK2 and PXE ROMs: with it they would look for a boot server", () => {
    for (const client of [EDK2, ROM]) {
      expect(discover(bench(), client).reply?.packet.options.has(Option.vendorClass)).toBe(false);
    }
  });

  it("tells iPXE not to wait for a ProxyDHCP, by 175.176 and not by a top-level 176", () => {
    const options = discover(bench(), IPXE).reply?.packet.options;
    expect(options?.get(Option.ipxe)).toEqual(Buffer.of(176, 1, 1));
    expect(options?.has(176)).toBe(false);
  });

  it("holds 60 = HTTPClient for UEFI HTTP Boot", () => {
    const advice = { ...BOOT, file: "http://10.0.0.1/ipxe.efi" };
    const options = discover(bench({ advice }), HTTP).reply?.packet.options;
    expect(options?.get(Option.vendorClass)?.toString()).toBe("HTTPClient");
    expect(options?.get(Option.bootFile)?.toString()).toBe("http://10.0.0.1/ipxe.efi");
  });

  it("puts a file that is too long for `file` into option 67 alone", () => {
    const file = `http://10.0.0.1/${"x".repeat(200)}`;
    const { reply } = discover(bench({ advice: { ...BOOT, file } }), IPXE);
    expect(reply?.packet.file).toBe("");
    expect(reply?.packet.options.get(Option.bootFile)?.toString()).toBe(file);
  });

  it("is an address alone when there is nothing to boot, and nothing when the advisor wants silence", () => {
    const none = discover(bench({ advice: { kind: "none", reason: "installed" } }), EDK2);
    expect(none.reply?.packet).toMatchObject({ file: "", siaddr: 0 });
    expect(none.reply?.packet.options.has(Option.bootFile)).toBe(false);
    expect(none.event.reason).toContain("installed");
    const silent = discover(bench({ advice: { kind: "silent", reason: "on hold" } }), EDK2);
    expect(silent.reply).toBeUndefined();
    expect(silent.event).toMatchObject({ kind: "silent", code: "advisor", reason: "no offer: on hold" });
  });

  it("does not ask the advisor for a client that only wants an address", () => {
    const advise = () => {
      throw new Error("asked");
    };
    const { reply } = discover(bench({ settings: { boot: { advise } } }), {});
    expect(reply?.packet.file).toBe("");
  });
});

describe("machines that nobody knows", () => {
  const stranger = (unknownHosts: "ignore" | "lease" | "register", mode: "server" | "proxy" = "server") =>
    discover(new Bench({ advice: BOOT, settings: { unknownHosts, mode } }), EDK2);

  it("get nothing with unknownHosts=ignore, and the reason is told", () => {
    const { reply, event } = stranger("ignore");
    expect(reply).toBeUndefined();
    expect(event).toMatchObject({ kind: "silent", code: "unknown-host" });
    expect(event.reason).toBe("no offer: unknown host and unknownHosts=ignore");
    expect(stranger("ignore", "proxy").reply).toBeUndefined();
  });

  it("get an address without boot with unknownHosts=lease, and from a ProxyDHCP nothing", () => {
    const { reply } = stranger("lease");
    expect(reply?.packet.yiaddr).toBe(ip("10.0.0.10"));
    expect(reply?.packet.file).toBe("");
    expect(stranger("lease", "proxy").reply).toBeUndefined();
  });

  it("get what the advisor says with unknownHosts=register", () => {
    expect(stranger("register").reply?.packet.file).toBe("ipxe.efi");
    expect(stranger("register", "proxy").reply).toBeDefined();
  });
});

describe("ProxyDHCP (PXE 2.1 §2.2.3)", () => {
  const proxy = (options: Options, type: number = MessageType.discover) =>
    bench({ settings: { mode: "proxy" } }).ask(message(type, { options }));

  it("offers PXE ROMs the file, tells them to use it (43.6 = 8), and gives no address", () => {
    const { reply } = proxy(ROM);
    expect(reply?.packet).toMatchObject({ yiaddr: 0, siaddr: SERVER, file: "ipxe.efi" });
    const options = reply?.packet.options;
    expect(options?.get(Option.vendorClass)?.toString()).toBe("PXEClient");
    expect(options?.get(Option.vendorSpecific)).toEqual(Buffer.of(6, 1, 8, 255));
    for (const code of [Option.leaseTime, Option.subnetMask, Option.router])
      expect(options?.has(code)).toBe(false);
    expect(reply?.to).toEqual({ kind: "broadcast", port: 68 });
  });

  it("offers EDK2 60 alone, so that it asks on port 4011", () => {
    const { reply, event } = proxy(EDK2);
    const options = reply?.packet.options;
    expect(options?.get(Option.vendorClass)?.toString()).toBe("PXEClient");
    expect(options?.has(Option.vendorSpecific)).toBe(false);
    expect(options?.has(Option.bootFile)).toBe(false);
    expect(options?.get(Option.uuid)).toEqual(UUID);
    expect(reply?.packet.file).toBe("");
    expect(event.reason).toContain("4011");
  });

  it("offers iPXE the file at once, and HTTP Boot its URI", () => {
    expect(proxy(IPXE).reply?.packet.file).toBe("ipxe.efi");
    const http = proxy(HTTP).reply?.packet.options;
    expect(http?.get(Option.vendorClass)?.toString()).toBe("HTTPClient");
    expect(http?.has(Option.bootFile)).toBe(true);
  });

  it("is silent to everything else: REQUESTs, clients that do not boot, machines with nothing to boot", () => {
    expect(proxy(EDK2, MessageType.request).reply).toBeUndefined();
    expect(proxy(EDK2, MessageType.inform).reply).toBeUndefined();
    expect(proxy({}).event.code).toBe("not-a-boot-client");
    const nothing = bench({ settings: { mode: "proxy" }, advice: { kind: "none", reason: "installed" } });
    expect(discover(nothing, EDK2).event).toMatchObject({
      code: "nothing-to-boot",
      reason: "nothing to boot: installed",
    });
  });

  it("needs no subnet", () => {
    const world = bench({ subnets: [], settings: { mode: "proxy" } });
    expect(discover(world, EDK2).reply).toBeDefined();
  });
});

describe("PXE's boot server port (4011)", () => {
  const source = { address: ip("10.0.0.33"), port: 4011 };
  const ask = (mode: "server" | "proxy", options: Options = EDK2) =>
    bench({ settings: { mode } }).ask(message(MessageType.request, { ciaddr: source.address, options }), {
      port: "boot-server",
      source,
    });

  it.each(["server", "proxy"] as const)("answers with the file to the port that asked, mode %s", (mode) => {
    const { reply, event, changes } = ask(mode);
    expect(reply?.packet).toMatchObject({ file: "ipxe.efi", yiaddr: 0, siaddr: SERVER });
    expect(reply?.packet.options.get(Option.messageType)).toEqual(Buffer.of(MessageType.ack));
    expect(reply?.packet.options.get(Option.vendorClass)?.toString()).toBe("PXEClient");
    expect(reply?.to).toEqual({ kind: "unicast", ...source });
    expect(changes).toEqual([]);
    expect(event).toMatchObject({ kind: "ack", file: "ipxe.efi" });
  });

  it("is silent to what does not boot", () => {
    expect(ask("server", {}).reply).toBeUndefined();
  });
});

describe("BOOTP (RFC 951, RFC 1534)", () => {
  it("is answered with the reserved address, without DHCP's options", () => {
    const world = bench({ hosts: [host("web1", CLIENT, "10.0.0.50")] });
    const { reply, changes } = world.ask(message(undefined, { options: {} }));
    expect(reply?.packet.yiaddr).toBe(ip("10.0.0.50"));
    expect(reply?.maxSize).toBe(300);
    for (const code of [Option.messageType, Option.serverId, Option.leaseTime]) {
      expect(reply?.packet.options.has(code)).toBe(false);
    }
    expect(changes).toEqual([]);
  });

  it("is silence for everybody else, since its addresses are for ever", () => {
    expect(bench().ask(message(undefined)).event.code).toBe("bootp-without-reservation");
  });
});

describe("what a client says of itself", () => {
  it.each([
    ["iPXE's bare user class", IPXE, { userClass: "iPXE", arch: 0, kind: "pxe" }],
    [
      "RFC 3004's user classes",
      { [Option.arch]: [0, 0], [Option.userClass]: "\x04iPXE\x03abc" },
      { userClass: "iPXE,abc" },
    ],
    ["a machine UUID", EDK2, { uuid: "6f1c2f3e-0011-4455-8899-00aabbccddee", arch: 7 }],
    ["HTTP Boot", HTTP, { kind: "httpclient", arch: 16 }],
    ["HTTP Boot by architecture alone", { [Option.arch]: [0, 16] }, { kind: "httpclient" }],
    ["U-Boot", { [Option.vendorClass]: "U-Boot.armv8" }, { kind: "pxe", arch: undefined }],
  ])("is read: %s", (_what, options, expected) => {
    expect(bootClient(message(MessageType.discover, { options }))).toMatchObject(expected);
  });

  it("is nothing of booting for an installed system", () => {
    const options = {
      [Option.vendorClass]: "MSFT 5.0",
      [Option.hostName]: "pc",
      [Option.parameterList]: [1, 3, 66, 67],
    };
    expect(bootClient(message(MessageType.discover, { options }))).toBeUndefined();
  });

  it("reads iPXE's features", () => {
    const client = bootClient(message(MessageType.discover, { options: IPXE }));
    expect([...(client?.ipxe ?? [])]).toEqual([[0xb1, Buffer.of(1)]]);
  });
});

describe("what is not a client's business", () => {
  it("is told as such", () => {
    const world = bench();
    expect(world.ask({ ...message(MessageType.discover), op: 2 }).event).toMatchObject({
      kind: "foreign-server",
    });
    expect(world.ask({ ...message(MessageType.discover), htype: 32, hlen: 20 }).event.code).toBe(
      "not-ethernet",
    );
    expect(world.ask(message(MessageType.offer)).event.code).toBe("unknown-message-type");
    const other = { [Option.serverId]: ipBytes("10.0.0.9") };
    expect(world.ask(message(MessageType.release, { options: other })).event.code).toBe("other-server");
    expect(world.ask(message(MessageType.decline, { options: other })).event.code).toBe("other-server");
  });
});
