import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import type { Running } from "../../../src/bench/lab.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const CONFIG = `
dhcp: { mode: 'off' }
advertise: 10.99.0.1
hosts:
  - name: copy-1
    mac: 52:54:00:00:00:01
    kind: clone
    cloneOf: 9000
    network: { address: 10.99.0.7/16, gateway: 10.99.0.1, dns: 10.99.0.1 }
    users: [{ name: ops, passwordHash: '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2' }]
`;

describeIf({ ...DAEMON_NEEDS, commands: ["ip", "curl", "xorriso"] }, "the cloud-init seed", () => {
  let lab: DaemonLab;
  let daemon: Running;
  let seedUrl: string;

  beforeAll(async () => {
    lab = new DaemonLab("nocloud", CONFIG);
    await lab.address("10.99.0.2");
    daemon = await lab.start();
    seedUrl = (await lab.bootwire("seed", "copy-1", "--url")).stdout.trim();
  });

  afterAll(async () => {
    await daemon?.stop();
    lab?.close();
  });

  const get = async (name: string) => {
    const { stdout } = await lab.client("curl", "-sS", "-w", "\n%{http_code}", `${seedUrl}${name}`);
    const [status = "", ...lines] = stdout.split("\n").reverse();
    return { status, body: lines.reverse().join("\n") };
  };

  test("is served under an address that nobody can guess, the same as is printed", async () => {
    expect(seedUrl).toMatch(/^http:\/\/10\.99\.0\.1:8080\/nocloud\/[0-9a-f]{32}\/$/);
    const printed: { files: Record<string, string> } = JSON.parse(
      (await lab.bootwire("seed", "copy-1", "--json")).stdout,
    );
    expect(Object.keys(printed.files).sort()).toEqual([
      "meta-data",
      "network-config",
      "user-data",
      "vendor-data",
    ]);
    for (const [name, text] of Object.entries(printed.files)) {
      expect(await get(name)).toEqual({ status: "200", body: text });
    }
    expect(parse(printed.files["user-data"] ?? "")).toMatchObject({
      hostname: "copy-1",
      phone_home: { url: `${seedUrl}booted` },
    });
    expect(parse(printed.files["meta-data"] ?? "")).toEqual({
      "instance-id": "bootwire-copy-1-525400000001",
      "local-hostname": "copy-1",
    });
  });

  test("tells nothing to whoever has no key, or asks for something else", async () => {
    const wrong = await lab.client("curl", "-sS", seedUrl.replace(/[0-9a-f]{32}/, "0".repeat(32)));
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: "BW_SEED_UNKNOWN" } });
    expect((await get("secrets")).status).toBe("404");
  });

  test("is a disc that others can read", async () => {
    const disc = lab.path("cidata.iso");
    await lab.client("curl", "-sS", "-o", disc, `${seedUrl}cidata.iso`);
    const listed = await lab.client("xorriso", "-indev", disc, "-find", "/", "-type", "f");
    expect(listed.stdout.split("\n").filter(Boolean).sort()).toEqual([
      "'/meta-data'",
      "'/network-config'",
      "'/user-data'",
      "'/vendor-data'",
    ]);
    const written = lab.path("written.iso");
    expect((await lab.bootwire("seed", "copy-1", "--output", written)).status).toBe(0);
    expect(readFileSync(written).equals(readFileSync(disc))).toBe(true);
  });

  test("takes what the system says of itself into the timeline", async () => {
    const post = (name: string, body: string) =>
      lab.client("curl", "-sS", "-w", "%{http_code}", "--data", body, `${seedUrl}${name}`);
    expect((await post("report", "hostname=copy-1&users=ops")).stdout).toBe("204");
    expect((await post("booted", "instance_id=x")).stdout).toBe("204");
    const { stdout } = await lab.bootwire("events", "copy-1");
    expect(stdout).toContain("the system is copy-1, users: ops");
    expect(stdout).toContain("the system has called home");
  });
});
