import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Running } from "../../../src/bench/lab.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const SIZE = 10_000_001;
const BASE = "http://10.99.0.1:8080";

describeIf({ ...DAEMON_NEEDS, commands: ["ip", "curl"] }, "curl", () => {
  const content = randomBytes(SIZE);
  let lab: DaemonLab;
  let daemon: Running;

  beforeAll(async () => {
    lab = new DaemonLab("http", "dhcp: { mode: 'off' }\n");
    writeFileSync(lab.path("media/image.raw"), content);
    writeFileSync(lab.path("secret"), "not for everybody");
    await lab.address("10.99.0.2");
    daemon = await lab.start();
  });

  afterAll(async () => {
    await daemon?.stop();
    lab?.close();
  });

  test("downloads media, whole", async () => {
    const got = await curl("-o", lab.path("whole"), `${BASE}/media/image.raw`);
    expect(got.status).toBe(0);
    expect(readFileSync(lab.path("whole")).equals(content)).toBe(true);
  });

  test("goes on where a download broke off", async () => {
    writeFileSync(lab.path("part"), content.subarray(0, 4_000_000));
    const got = await curl(
      "-C",
      "-",
      "-w",
      "%{http_code}",
      "-o",
      lab.path("part"),
      `${BASE}/media/image.raw`,
    );
    expect(got.stdout).toBe("206");
    expect(readFileSync(lab.path("part")).equals(content)).toBe(true);
  });

  test("asks for the size alone", async () => {
    const { stdout } = await curl("-I", `${BASE}/media/image.raw`);
    expect(stdout).toMatch(/^HTTP\/1.1 200/);
    expect(stdout).toMatch(new RegExp(`^content-length: ${SIZE}\r?$`, "im"));
    expect(stdout).toMatch(/^accept-ranges: bytes\r?$/im);
  });

  test("sixteen downloads at once are each whole", async () => {
    const files = Array.from({ length: 16 }, (_, i) => lab.path(`parallel-${i}`));
    const targets = files.flatMap((file) => ["-o", file, `${BASE}/media/image.raw`]);
    expect((await curl("--parallel", ...targets)).status).toBe(0);
    for (const file of files) expect(readFileSync(file).equals(content)).toBe(true);
  });

  test.each([
    "/media/../secret",
    "/media/..%2fsecret",
    "/media/%2e%2e/secret",
    "/media/no-such-file",
    "/secret",
  ])("gets nothing from %s", async (path) => {
    const got = await curl("--path-as-is", "-w", "\n%{http_code}", `${BASE}${path}`);
    expect(got.stdout).toMatch(/\n40[0-9]$/);
    expect(got.stdout).not.toContain("not for everybody");
  });

  test("an unknown token opens nothing", async () => {
    const got = await curl(
      "-w",
      "%{http_code}",
      "-o",
      "/dev/null",
      `${BASE}/a/0123456789abcdef/answers/user-data`,
    );
    expect(got.stdout).toBe("404");
  });

  function curl(...args: readonly string[]) {
    return lab.client("curl", "-sS", ...args);
  }
});
