import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";

const UNIT = "docker/bootwire.service";
/** systemd's score: 0 is locked away, 10 is root without any bounds. Below 3 it says "OK". */
const WORST_EXPOSURE = 2.0;

describeIf({ commands: ["systemd-analyze"] }, "the systemd unit", () => {
  let root: string;

  beforeAll(() => {
    // A system in small: what the unit names is there.
    root = mkdtempSync(join(tmpdir(), "bootwire-unit-"));
    for (const [path, mode] of [
      ["usr/bin/node", 0o755],
      ["bin/kill", 0o755],
      ["opt/bootwire/dist/cli/main.js", 0o644],
      ["usr/lib/systemd/system/network-online.target", 0o644],
      ["usr/lib/systemd/system/sysinit.target", 0o644],
      ["usr/lib/systemd/system/basic.target", 0o644],
      ["usr/lib/systemd/system/shutdown.target", 0o644],
      ["usr/lib/systemd/system/multi-user.target", 0o644],
    ] as const) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), path.endsWith(".target") ? "[Unit]\n" : "", { mode });
    }
    mkdirSync(join(root, "etc/systemd/system"), { recursive: true });
    copyFileSync(UNIT, join(root, "etc/systemd/system/bootwire.service"));
  });

  afterAll(() => rmSync(root, { recursive: true }));

  test("has nothing that systemd does not know or find", () => {
    expect(analyze("verify", `--root=${root}`, "bootwire.service")).toEqual({ status: 0, text: "" });
  });

  test("a mistake in it would be seen", () => {
    const unit = join(root, "etc/systemd/system/wrong.service");
    const text = readFileSync(UNIT, "utf8")
      .replace("ProtectHome=yes", "ProtectHomes=yes")
      .replace("/usr/bin/node", "/usr/bin/nod");
    writeFileSync(unit, text);
    const { text: said } = analyze("verify", `--root=${root}`, "wrong.service");
    expect(said).toContain("ProtectHomes");
    expect(said).toContain("/usr/bin/nod");
  });

  test(`is sandboxed: an exposure of ${WORST_EXPOSURE} at most`, () => {
    const { text } = analyze("security", "--offline=yes", "--no-pager", UNIT);
    const score = /Overall exposure level for bootwire\.service: ([\d.]+)/.exec(text)?.[1];
    console.log(`systemd-analyze security: ${score}`);
    expect(Number(score)).toBeLessThanOrEqual(WORST_EXPOSURE);
  });
});

function analyze(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return { status, text: stdout + stderr };
}
