import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const run = promisify(execFile);
/** Milliseconds; the storm takes a minute or two. */
const DEADLINE = 10 * 60_000;
const RELOADS = 200;
const RESULT = z.looseObject({
  failures: z.array(z.string()),
  generations: z.number(),
  installs: z.number(),
});

const hosts = Array.from(
  { length: 20 },
  (_, i) =>
    `  - {name: vm-${i}, mac: "52:54:00:aa:01:${i.toString(16).padStart(2, "0")}", profile: p0, vars: {own: 0}}\n`,
);
const config = `dhcp: {mode: 'off'}
templates: ./templates-0
defaults: {attempts: {limit: 100, timeout: 1d}}
profiles: {p0: {installer: image, image: disk.raw, vars: {generation: 0}}}
hosts:
${hosts.join("")}`;

describeIf(DAEMON_NEEDS, "200 reloads in a boot storm", () => {
  test(
    "good ones and bad ones: no boot fails, nothing is a mix of old and new, running installs keep what they began with",
    async () => {
      const lab = new DaemonLab("storm", config);
      onTestFinished(() => lab.close());
      writeFileSync(lab.path("media/disk.raw"), Buffer.alloc(1024));
      const templates = lab.path("templates-0");
      await run("mkdir", ["-p", `${templates}/boot`, `${templates}/image`]);
      writeFileSync(
        `${templates}/boot/install.ipxe.hbs`,
        "#!ipxe\n# template 0\n# title {{title}}\nkernel {{commandLine}}\n",
      );
      writeFileSync(
        `${templates}/image/user-data.hbs`,
        "template 0 variable {{vars.generation}} profile {{profile}} host {{vars.own}}\n",
      );
      const daemon = await lab.start();
      try {
        const storm = resolve("test/interop/daemon/reload-storm.mjs");
        const inside = lab.lab.inServer(process.execPath, [storm, lab.path(""), String(RELOADS)]);
        const { stdout } = await run(inside.command, inside.args, { timeout: DEADLINE });
        console.error(stdout.trim());
        const result = RESULT.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
        expect(result).toMatchObject({ failures: [], taken: 134, refused: 66 });
        // Installs began under many of the configurations, not under one or two.
        expect(result.generations).toBeGreaterThan(20);
        expect(result.installs).toBeGreaterThan(100);
      } finally {
        await daemon.stop();
      }
    },
    DEADLINE,
  );
});
