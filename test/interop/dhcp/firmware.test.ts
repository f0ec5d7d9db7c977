import { copyFileSync, existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { capture } from "./capture.ts";
import { type Server, Wires } from "./wire.ts";

// Real firmware in virtual machines: QEMU's iPXE ROM under SeaBIOS, and EDK2's own PXE under OVMF, against a full server and
// against a ProxyDHCP beside dnsmasq.

const MAC = "52:54:00:12:34:56";
const UUID = "6f1c2f3e-0011-4455-8899-aabbccddeeff";
const OVMF = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"] as const;

/** RFC 4861 §4.1, §4.2. */
const ROUTER_SOLICITATION = "133";
const ROUTER_ADVERTISEMENT = "134";

const BOOT = {
  bios: "undionly.kpxe",
  efi: "ipxe.efi",
  ipxe: "http://SERVER/boot.ipxe",
  http: "http://SERVER/ipxe.efi",
};
const SUBNET = { cidr: "10.99.0.0/16", pool: [["10.99.1.10", "10.99.1.20"]], router: "10.99.0.254" };
const HOSTS = [{ name: "web1", mac: MAC, address: "10.99.5.5" }];

const NEEDS = {
  namespaces: true,
  commands: ["ip", "qemu-system-x86_64", "tcpdump", "tshark", "dnsmasq"],
  files: ["dist/dhcp/server.js", ...OVMF],
};

describeIf(NEEDS, "firmware", () => {
  let wires: Wires;
  let server: Server;

  beforeEach(async () => {
    wires = new Wires("firmware");
    wires.tap("tap0");
  });

  afterEach(() => wires.close());

  async function serve(mode: "server" | "proxy", more: object = {}): Promise<void> {
    const settings = { ...more, mode, boot: BOOT, hosts: HOSTS, unknownHosts: "ignore" };
    const subnets = mode === "server" ? [SUBNET] : [];
    server = await wires.serve(wires.node("server", "10.99.0.1/16"), { ...settings, subnets });
    if (mode === "server") return;
    const router = wires.node("router", "10.99.0.254/16");
    const dnsmasq = [
      "dnsmasq",
      "-d",
      "-C",
      "/dev/null",
      "--port=0",
      "--no-ping",
      "--interface=eth0",
      "--bind-interfaces",
    ];
    wires.spawn([...router.inside, ...dnsmasq, "--dhcp-range=10.99.9.10,10.99.9.20"]);
    while (!(await router.run("ss", "-Hlnu", "sport = :67")).output.includes(":67"));
  }

  function boot(firmware: "bios" | "uefi", ...more: readonly string[]): void {
    const machine = [
      "-accel",
      "tcg,thread=multi",
      "-cpu",
      "max",
      "-m",
      "512",
      "-display",
      "none",
      "-boot",
      "n",
    ];
    const network = ["-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no"];
    // EDK2's PXE wants a source of randomness; without a ROM on the card it is OVMF's own that asks.
    const rom = firmware === "uefi" ? ",romfile=" : "";
    const card = ["-device", `virtio-net-pci,netdev=n0,mac=${MAC}${rom}`, "-uuid", UUID];
    const uefi = ["-machine", "q35", "-device", "virtio-rng-pci"];
    if (firmware === "uefi") {
      copyFileSync(OVMF[1], wires.path("vars.fd"));
      uefi.push("-drive", `if=pflash,format=raw,readonly=on,file=${OVMF[0]}`);
      uefi.push("-drive", `if=pflash,format=raw,file=${wires.path("vars.fd")}`);
    }
    const args = [...machine, ...network, ...card, ...(firmware === "uefi" ? uefi : []), ...more];
    wires.spawn([...wires.inSwitch, "qemu-system-x86_64", ...args]);
  }

  const acked = (file: string) => server.event((event) => event.kind === "ack" && event.file === file);

  test("SeaBIOS with the iPXE ROM takes address and script from a full server, without its two seconds' wait", async () => {
    const wire = await capture(wires, "ipxe-bios-server", "port 67 or port 68");
    await serve("server");
    boot("bios");
    const ack = await acked("http://10.99.0.1/boot.ipxe");
    expect(ack).toMatchObject({ mac: MAC, address: "10.99.5.5", arch: 0, userClass: "iPXE" });
    const [discover, , request] = await wire.frames(4);
    expect((request?.at ?? 0) - (discover?.at ?? 0)).toBeLessThan(1);
  });

  test.for([
    { skipIpv6Wait: true, what: "goes on at once: it is told that there is no IPv6 router" },
    { skipIpv6Wait: false, what: "asks for an IPv6 router until it gives up where that is left alone" },
  ])("the iPXE ROM $what", async ({ skipIpv6Wait }) => {
    const wire = await capture(wires, `ipxe-ipv6-${skipIpv6Wait}`, "icmp6 or tcp port 80");
    await serve("server", { skipIpv6Wait });
    boot("bios");
    const fields = ["eth.src", "eth.dst", "icmpv6.type", "icmpv6.checksum.status", "tcp.dstport"];
    const rows = await wire.rows(fields, ([source, , , , port]) => source === MAC && port === "80");
    const ofType = (type: string) => rows.filter((row) => row[2] === type);
    const asked = ofType(ROUTER_SOLICITATION).filter(([source]) => source === MAC);
    const told = ofType(ROUTER_ADVERTISEMENT);
    if (!skipIpv6Wait) {
      expect(told).toEqual([]);
      expect(asked.length).toBeGreaterThan(3);
      return;
    }
    expect(asked.length).toBeLessThanOrEqual(2);
    expect(told.length).toBeGreaterThan(0);
    for (const [, to, , checksum] of told) expect({ to, checksum }).toEqual({ to: MAC, checksum: "1" });
  });

  test("OVMF takes address and boot file from a full server, and asks no boot server", async () => {
    const wire = await capture(wires, "ovmf-server", "port 67 or port 68 or port 4011 or port 69");
    await serve("server");
    boot("uefi");
    expect(await acked("ipxe.efi")).toMatchObject({ mac: MAC, address: "10.99.5.5", arch: 7 });
    const frames = await wire.frames(5);
    expect(frames[4]).toMatchObject({ destinationPort: 69 });
  });

  test("SeaBIOS with the iPXE ROM: the address from dnsmasq, the script from us", async () => {
    const wire = await capture(wires, "ipxe-bios-proxy", "port 67 or port 68");
    await serve("proxy");
    boot("bios");
    const offer = await server.event((event) => event.kind === "offer");
    expect(offer).toMatchObject({ arch: 0, userClass: "iPXE", file: "http://10.99.0.1/boot.ipxe" });
    const chose = await server.event((event) => event.code === "other-server");
    expect(chose.reason).toContain("10.99.0.254");
    await wire.frames(5);
  });

  test("OVMF: the address from dnsmasq, the boot file from us, by port 4011", async () => {
    const wire = await capture(wires, "ovmf-proxy", "port 67 or port 68 or port 4011 or port 69");
    await serve("proxy");
    boot("uefi");
    expect(await acked("ipxe.efi")).toMatchObject({ mac: MAC, arch: 7 });
    const frames = await wire.frames(8);
    expect(frames[5]).toMatchObject({ destinationPort: 4011 });
    expect(frames[6]).toMatchObject({ source: "10.99.0.1", sourcePort: 4011 });
    expect(frames[7]).toMatchObject({ destinationPort: 69 });
  });

  test("OVMF's HTTP Boot takes a URI from a full server", async () => {
    const wire = await capture(wires, "ovmf-http-server", "port 67 or port 68");
    await serve("server");
    // PXE is tried before; with nobody on the TFTP port it gives up at once.
    boot("uefi", "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=no");
    expect(await acked("http://10.99.0.1/ipxe.efi")).toMatchObject({ arch: 16 });
    await wire.frames(8);
  });
});

// Where the distribution has no such file, the needs above say so; this only keeps the list honest.
test.runIf(existsSync(OVMF[0]))("OVMF's variables lie beside its code", () => {
  expect(existsSync(OVMF[1])).toBe(true);
});
