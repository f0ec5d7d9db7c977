import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Running } from "../../../src/bench/lab.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const MAC = "52:54:00:aa:00:01";
const OTHER_MAC = "52:54:00:aa:00:02";

const config = `
dhcp:
  mode: server
  unknownHosts: lease
  subnets: [{ cidr: 10.99.0.0/16, pool: 10.99.1.10-10.99.1.20 }]
profiles:
  image: { installer: image, image: disk.raw }
hosts:
  - { name: web-1, mac: "${MAC}", profile: image, address: 10.99.7.7 }
`;

describeIf(
  { ...DAEMON_NEEDS, commands: ["ip", "curl", "udhcpc", "setpriv"] },
  "the daemon, as an admin starts and ends it",
  () => {
    test("SIGTERM ends it in order, and a new one takes up at once", async () => {
      const lab = newLab("order");
      const daemon = await lab.start();
      expect(await daemon.end("SIGTERM")).toBe(0);
      const next = await lab.restart();
      expect(await next.end("SIGINT")).toBe(0);
    });

    test("a lease that was acknowledged survives SIGKILL", async () => {
      const lab = newLab("kill");
      const daemon = await lab.start();
      const first = await leaseOf(lab, OTHER_MAC);
      expect(first).toMatch(/^10\.99\.1\./);
      await daemon.end("SIGKILL");

      await beside(await lab.restart(), async () => {
        const others = [];
        for (let i = 3; i < 8; i++) others.push(await leaseOf(lab, `52:54:00:aa:00:0${i}`));
        expect(others).not.toContain(first);
        expect(await leaseOf(lab, OTHER_MAC)).toBe(first);
      });
    });

    test("a machine is installed once: a lost state sends it to its own disk until the admin decides", async () => {
      const lab = newLab("lost");
      await lab.address("10.99.0.2");
      const daemon = await lab.start();
      expect(await scriptOf(lab)).toContain("bootwire.image=");
      await daemon.stop();

      rmSync(lab.path("state"), { recursive: true });
      await beside(await lab.restart(), async (guarded) => {
        expect(guarded.output()).toContain("NOTHING WILL BE INSTALLED");
        expect(await scriptOf(lab)).toContain("sanboot");
      });

      await beside(await lab.restart(), async () => {
        expect(await scriptOf(lab)).toContain("sanboot");
        expect((await lab.bootwire("reinstall", "web-1")).status).toBe(0);
        expect(await scriptOf(lab)).toContain("bootwire.image=");
      });
    });

    test("a changed config is taken up, a broken one is refused with line and column", async () => {
      const lab = newLab("reload");
      await lab.address("10.99.0.2");
      await beside(await lab.start(), async (daemon) => {
        expect(await scriptOf(lab, OTHER_MAC)).not.toContain("bootwire.image=");
        lab.configure(`${config}  - { name: web-2, mac: "${OTHER_MAC}", profile: image }\n`);
        await daemon.printed(/new configuration in force/);
        expect(await scriptOf(lab, OTHER_MAC)).toContain("bootwire.image=");

        lab.configure(config.replace("mode: server", "mode: servant"));
        await daemon.printed(/bootwire\.yaml:4:9/);
        expect(await scriptOf(lab, OTHER_MAC)).toContain("bootwire.image=");
      });
    });

    test("a broken config ends the start, names the place, and the exit code says so", async () => {
      const lab = newLab("broken");
      lab.configure(config.replace("mode: server", "mode: servant"));
      const daemon = await lab.serve();
      await daemon.printed(/bootwire\.yaml:4:9/);
      expect(await daemon.ended).toBeGreaterThan(0);
    });

    test("without the right to open its ports it says how to grant it, and the exit code says so", async () => {
      const lab = newLab("rights");
      expect((await lab.bootwire("init")).status).toBe(0);
      await lab.client("chown", "-R", "nobody", lab.lab.folder);
      const nobody = ["--reuid=nobody", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];
      const serve = [process.execPath, resolve("dist/cli/main.js"), "serve", "--config", lab.config];
      const daemon = await lab.lab.serve("nobody", "setpriv", [...nobody, ...serve]);
      await daemon.printed(/BW_PORT_DENIED/);
      expect(await daemon.ended).toBeGreaterThan(0);
      expect(daemon.output()).toContain("setcap");
    });

    test("a port that is taken is named", async () => {
      const lab = newLab("taken");
      await beside(await lab.start(), async () => {
        const second = lab.lab.serve("second", process.execPath, [
          ...[resolve("dist/cli/main.js"), "serve", "--config", lab.config],
        ]);
        const daemon = await second;
        await daemon.printed(/BW_(PORT|STATE)_IN_USE/);
        expect(await daemon.ended).toBeGreaterThan(0);
      });
    });
  },
);

function newLab(name: string): DaemonLab {
  const lab = new DaemonLab(name, config);
  onTestFinished(() => lab.close());
  writeFileSync(lab.path("media/disk.raw"), Buffer.alloc(1024 * 1024));
  writeFileSync(lab.path("script"), '#!/bin/sh\n[ "$1" = bound ] && echo "ip=$ip"\n');
  chmodSync(lab.path("script"), 0o755);
  return lab;
}

/** Runs a body beside the daemon, and stops it afterwards, also when the body fails. */
async function beside(daemon: Running, body: (daemon: Running) => Promise<void>): Promise<void> {
  try {
    await body(daemon);
  } finally {
    await daemon.stop();
  }
}

/** The address that a machine with this MAC gets. */
async function leaseOf(lab: DaemonLab, mac: string): Promise<string | undefined> {
  await lab.client("ip", "link", "set", "cli0", "address", mac);
  const args = ["-i", "cli0", "-f", "-n", "-q", "-t", "5", "-T", "2", "-s", lab.path("script")];
  return /^ip=(.*)$/m.exec((await lab.client("udhcpc", ...args)).stdout)?.[1];
}

/** The boot script that iPXE on BIOS gets; where it is told to wait and ask again, it does. */
async function scriptOf(lab: DaemonLab, mac = MAC): Promise<string> {
  const url = `http://10.99.0.1:8080/boot/bios/${mac.replaceAll(":", "-")}.ipxe`;
  for (let asked = 0; asked < 500; asked++) {
    const { stdout } = await lab.client("curl", "-sS", url);
    if (!stdout.includes("waits for its media")) return stdout;
  }
  throw new Error(`${mac} waits for ever`);
}
