import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { type BadLink, CLEAN, type LinkQuality, openBadLink } from "./link.ts";
import { type ServerProcess, startServer } from "./support.ts";

// Boot ROMs in virtual machines behind a bad link. DHCP is on their side of it: what is shown is TFTP. Each loads
// something large and then asks for what only its last line names: so all of it arrived, and in its order.

const OVMF = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"] as const;
const ASSETS = ".cache/boot-assets";
const LOADERS = ["shimx64.efi", "grubx64.efi", "pxelinux.0", "ldlinux.c32"];
const base = mkdtempSync(join(tmpdir(), "bootwire-firmware-link-"));
const root = join(base, "root");
const WEATHER: LinkQuality = { loss: 0.01, delay: 2, duplication: 0.01, reordering: 0, seed: 31 };

afterAll(() => rmSync(base, { recursive: true, force: true }));

const MACHINE = [
  ...["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "512", "-display", "none"],
  ...["-netdev", "tap,id=n0,ifname=vm0,script=no,downscript=no"],
];
/** In milliseconds: the emulated firmware is slow on a busy machine. */
const FIVE_MINUTES = 300_000;
const SYSLINUX_MAC = "52:54:00:98:00:02";

const needs = {
  namespaces: true,
  commands: ["ip", "qemu-system-x86_64", "dnsmasq"],
  files: ["dist/bench/tftp-serve.js", "/dev/net/tun", `${ASSETS}/manifest.json`, ...OVMF],
};

describeIf(needs, "firmware over a bad link", () => {
  let link: BadLink;
  let server: ServerProcess;
  const running: ChildProcess[] = [];

  const inside = (...command: readonly string[]) => {
    const [program = "", ...args] = [...link.clientSide, ...command];
    return { program, args };
  };
  const run = (...command: readonly string[]) => {
    const { program, args } = inside(...command);
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  };
  const start = (...command: readonly string[]) => {
    const { program, args } = inside(...command);
    const child = spawn(program, args, { stdio: "ignore" });
    running.push(child);
    return child;
  };
  const kill = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };

  beforeAll(async () => {
    mkdirSync(join(root, "grub"), { recursive: true });
    mkdirSync(join(root, "pxelinux.cfg"));
    for (const loader of LOADERS) copyFileSync(join(ASSETS, loader), join(root, loader));
    const padding = `# ${"x".repeat(61)}\n`.repeat(2000);
    writeFileSync(join(root, "large.ipxe"), `#!ipxe\n${padding}imgfetch tftp://10.98.0.1/end.ipxe\n`);
    writeFileSync(join(root, "end.ipxe"), "#!ipxe\n");
    writeFileSync(join(root, "grub/grub.cfg"), `${padding}configfile /end.cfg\n`);
    writeFileSync(join(root, "end.cfg"), "sleep 600\n");
    writeFileSync(join(root, "pxelinux.cfg/default"), `${padding}INCLUDE end.lst\n`);
    writeFileSync(join(root, "end.lst"), "# the end\n");
    const name = `fl${process.pid % 10_000}`;
    link = await openBadLink(name);
    server = await startServer({
      folder: root,
      address: link.serverAddress,
      port: 69,
      prefix: link.serverSide,
    });
    run("ip", "link", "add", "br0", "type", "bridge");
    run("ip", "addr", "flush", "dev", `${name}c`);
    run("ip", "link", "set", `${name}c`, "master", "br0");
    run("ip", "addr", "add", `${link.clientAddress}/24`, "dev", "br0");
    run("ip", "link", "set", "br0", "up");
    run("ip", "tuntap", "add", "vm0", "mode", "tap");
    run("ip", "link", "set", "vm0", "master", "br0");
    run("ip", "link", "set", "vm0", "up");
    start(
      ...[
        "dnsmasq",
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--port=0",
        "--pid-file=",
        "--user=root",
      ],
      ...["--interface=br0", "--bind-interfaces", "--leasefile-ro", "--log-facility=/dev/null"],
      ...["--dhcp-range=10.98.0.100,10.98.0.109,1h", "--dhcp-match=set:efi,option:client-arch,7"],
      ...[`--dhcp-mac=set:syslinux,${SYSLINUX_MAC}`, "--dhcp-boot=tag:syslinux,pxelinux.0,,10.98.0.1"],
      ...["--dhcp-userclass=set:ipxe,iPXE", "--dhcp-boot=tag:ipxe,tag:!syslinux,large.ipxe,,10.98.0.1"],
      ...["--dhcp-boot=tag:efi,tag:!ipxe,shimx64.efi,,10.98.0.1"],
    );
  });

  afterAll(async () => {
    for (const child of running) await kill(child);
    await server?.stop();
    await link?.close();
  });

  const card = (mac: string, more = "") => ["-device", `virtio-net-pci,netdev=n0,mac=${mac}${more}`];

  test.each([
    {
      name: "iPXE of the network card: a script of 128 KB, in lock-step",
      hardware: [...card("52:54:00:98:00:01"), "-boot", "n"],
      end: "end.ipxe",
    },
    {
      name: "pxelinux: itself by iPXE, then its menu of 128 KB",
      hardware: [...card(SYSLINUX_MAC), "-boot", "n"],
      end: "end.lst",
    },
    {
      name: "EDK2 gets shim and GRUB in windows of four, GRUB its menu of 128 KB",
      hardware: [
        ...["-machine", "q35", "-device", "virtio-rng-pci", ...card("52:54:00:98:00:03", ",romfile=")],
        ...["-drive", `if=pflash,format=raw,readonly=on,file=${OVMF[0]}`],
        ...["-drive", `if=pflash,format=raw,file=${join(base, "vars.fd")}`],
      ],
      end: "end.cfg",
    },
  ])("$name", { timeout: FIVE_MINUTES }, async ({ hardware, end }) => {
    copyFileSync(OVMF[1], join(base, "vars.fd"));
    await link.set(WEATHER);
    const machine = start(...MACHINE, ...hardware);
    try {
      await server.fetched(end);
    } finally {
      await kill(machine);
    }
    const { lost } = await link.set(CLEAN);
    expect(lost).toBeGreaterThan(0);
    expect(server.complaints.filter((line) => line.includes('"kind":"failed"'))).toEqual([]);
  });
});
