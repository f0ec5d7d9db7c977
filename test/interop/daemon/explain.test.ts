import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Explanation, explanationSchema } from "../../../src/api/explain.ts";
import type { Running } from "../../../src/bench/lab.ts";
import { replaySchema } from "../../../src/explain/replay.ts";
import { readCapture } from "../../../src/net/pcap.ts";
import { withoutLeaseTimes } from "../../support/lease-times.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const run = promisify(execFile);
const MAC = "52:54:00:aa:00:01";
const BASE = "http://10.99.0.1:8080";
const SCRIPT = `${BASE}/boot/bios/${MAC.replaceAll(":", "-")}.ipxe`;

const config = `
dhcp:
  mode: server
  subnets: [{ cidr: 10.99.0.0/16, pool: 10.99.1.10-10.99.1.20, router: 10.99.0.1 }]
profiles:
  image: { installer: image, image: disk.raw, users: [{ name: ann, password: secret }] }
hosts:
  - { name: web-1, mac: "${MAC}", profile: image, address: 10.99.7.7 }
`;

const NEEDS = { ...DAEMON_NEEDS, commands: ["ip", "curl", "udhcpc", "tcpdump", "dnsmasq", "bash"] };

describeIf(NEEDS, "what the daemon says of itself", () => {
  let lab: DaemonLab;
  let daemon: Running;

  beforeAll(async () => {
    lab = new DaemonLab("explain", config);
    writeFileSync(lab.path("media/disk.raw"), Buffer.alloc(1024 * 1024));
    writeFileSync(lab.path("script"), "#!/bin/sh\n:\n");
    chmodSync(lab.path("script"), 0o755);
    daemon = await lab.start();
    await lab.address("10.99.0.2");
    await lab.client("ip", "link", "set", "cli0", "address", MAC);
    // Until its image has been measured, the machine is told to wait.
    for (let i = 0; (await got(SCRIPT)).includes("waits for its media") && i < 500; i++);
  });

  afterAll(async () => {
    await daemon?.stop();
    lab?.close();
  });

  async function got(url: string): Promise<string> {
    return (await lab.client("curl", "-sS", url)).stdout;
  }

  async function explained(...args: string[]): Promise<Explanation> {
    const ran = await lab.bootwire("explain", "web-1", "--firmware", "bios", "--json", ...args);
    expect(ran.stderr).toBe("");
    return explanationSchema.parse(JSON.parse(ran.stdout));
  }

  test("explain shows the very script, answers and loader that are served", async () => {
    const script = await got(SCRIPT);
    const url = /bootwire\.url=(\S+)/.exec(script)?.[1] ?? "";
    const open = await explained("--secrets");
    expect(open.source).toBe("daemon");
    expect(open.steps.find((step) => step.step === "script")?.text).toBe(script);
    const answers = open.steps.filter((step) => step.step === "answers");
    expect(answers.map((step) => step.file)).toEqual(["user-data", "meta-data", "network-config"]);
    for (const { file, text } of answers) expect(text).toBe(await got(`${url}/answers/${file}`));

    const loader = open.steps.find((step) => step.step === "tftp");
    await lab.client("curl", "-sS", "-o", lab.path("loader"), `tftp://10.99.0.1/${loader?.file}`);
    const served = createHash("sha256")
      .update(readFileSync(lab.path("loader")))
      .digest("hex");
    expect(loader?.bytes?.sha256).toBe(served);

    const masked = JSON.stringify(await explained());
    expect(masked).not.toContain(url);
    expect(masked).not.toMatch(/\$6\$(?!MASKED)/);
  });

  test("explain from the files says the same as the daemon", async () => {
    const [online, offline] = [await explained("--secrets"), await explained("--secrets", "--offline")];
    expect(offline.steps).toEqual(online.steps);
  });

  test("explain --pcap answers a capture with the very octets that the daemon sent", async () => {
    const path = lab.path("wire.pcap");
    const inside = lab.lab.inServer("tcpdump", [
      ...["-i", "srv0", "-U", "--immediate-mode", "-Z", "root", "-w", path, "udp port 67 or udp port 68"],
    ]);
    const tcpdump = execFile(inside.command, inside.args);
    await new Promise<void>((done) => {
      tcpdump.stderr?.on("data", (text) => {
        if (String(text).includes("listening on")) done();
      });
    });
    const udhcpc = await lab.client(
      ...([
        "udhcpc",
        "-i",
        "cli0",
        "-f",
        "-n",
        "-q",
        "-t",
        "5",
        "-T",
        "2",
        "-s",
        lab.path("script"),
      ] as const),
    );
    expect(udhcpc.status).toBe(0);
    const ended = once(tcpdump, "exit");
    tcpdump.kill("SIGTERM");
    await ended;

    const ran = await lab.bootwire("explain", "--json", "--pcap", path);
    const { packets } = replaySchema.parse(JSON.parse(ran.stdout));
    const ours = packets.flatMap(({ answer }) => answer?.hex ?? []).map((hex) => Buffer.from(hex, "hex"));
    const sent = readCapture(readFileSync(path)).filter(({ source }) => source.port === 67);
    expect(sent.length).toBeGreaterThanOrEqual(2);
    // Since then the lease has gone on for a second or two.
    expect(ours.map(withoutLeaseTimes)).toEqual(sent.map(({ payload }) => withoutLeaseTimes(payload)));
  });

  test("doctor finds all well while the daemon runs, and another DHCP server that gives addresses", async () => {
    const findings = async () => {
      const ran = await lab.bootwire("doctor", "--json", "--wait", "3");
      const { findings } = JSON.parse(ran.stdout) as {
        findings: { check: string; code: string | null; text: string }[];
      };
      return { status: ran.status, findings, codes: findings.flatMap(({ code }) => code ?? []) };
    };
    const before = await findings();
    expect(before.codes.filter((code) => !/TIME|SPACE|MEMORY/.test(code))).toEqual([]);
    expect(before).toMatchObject({ status: 0 });
    expect(before.findings).toContainEqual(
      expect.objectContaining({ check: "ports", text: "held by the running daemon" }),
    );

    const inside = lab.lab.inClient("dnsmasq", [
      ...["--no-daemon", "--port=0", "--interface=cli0", "--bind-interfaces", "--leasefile-ro"],
      ...["--dhcp-range=10.99.9.1,10.99.9.9,255.255.0.0", "--conf-file=/dev/null", "--user=root"],
    ]);
    const dnsmasq = execFile(inside.command, inside.args);
    try {
      await new Promise<void>((done) => {
        dnsmasq.stderr?.on("data", (text) => {
          if (String(text).includes("DHCP, IP range")) done();
        });
      });
      const after = await findings();
      expect(after).toMatchObject({ status: 1 });
      expect(after.codes).toContain("BW_DOCTOR_OTHER_DHCP");
      expect(after.findings).toContainEqual(
        expect.objectContaining({
          text: expect.stringContaining("the DHCP server 10.99.0.2 on srv0 offers"),
        }),
      );
    } finally {
      const ended = once(dnsmasq, "exit");
      dnsmasq.kill("SIGTERM");
      await ended;
    }
  });

  test("an image that is still to be converted is asked for again later", async () => {
    writeFileSync(lab.path("media/other.qcow2"), "QFI");
    const said = JSON.parse(await got(`${BASE}/media/other.qcow2?as=raw`));
    expect(said).toMatchObject({ error: { code: "BW_MEDIA_PREPARING" } });
  });

  test("bash completes the machines of the config", async () => {
    const completion = await run(process.execPath, ["dist/cli/main.js", "completion", "bash"]);
    const script = `
bootwire() { "${process.execPath}" dist/cli/main.js "$@"; }
${completion.stdout}
COMP_WORDS=(bootwire reinstall --config "${lab.config}" we); COMP_CWORD=4
_bootwire
printf '%s\\n' "\${COMPREPLY[@]}"
`;
    const { stdout } = await run("bash", ["-c", script]);
    expect(stdout).toBe("web-1\n");
  });
});

describeIf(NEEDS, "doctor without a daemon", () => {
  test("names the ports that others hold, missing media, and a state that is not there", async () => {
    const lab = new DaemonLab("doctor", config.replace("mode: server", "mode: proxy"));
    const inside = lab.lab.inServer("dnsmasq", [
      ...["--no-daemon", "--port=0", "--interface=srv0", "--bind-interfaces", "--conf-file=/dev/null"],
      ...["--enable-tftp", `--tftp-root=${lab.path("")}`, "--user=root"],
    ]);
    const dnsmasq = execFile(inside.command, inside.args);
    try {
      await new Promise<void>((done) => {
        dnsmasq.stderr?.on("data", (text) => {
          if (String(text).includes("TFTP")) done();
        });
      });
      const ran = await lab.bootwire("doctor", "--wait", "1");
      expect(ran.status).toBe(1);
      expect(ran.stdout).toMatch(
        /fail {2}ports +UDP port 69 on 10\.99\.0\.1 \(TFTP\) cannot be opened .*\[BW_DOCTOR_PORT\]/,
      );
      expect(ran.stdout).toMatch(/ok {4}ports +UDP port 67 on 0\.0\.0\.0 \(DHCP\) is free/);
      expect(ran.stdout).toMatch(/fail {2}media .*disk\.raw.*\[BW_DOCTOR_MEDIA\]/);
      expect(ran.stdout).toContain("[BW_DOCTOR_STATE]");
      expect(ran.stdout).toContain("[BW_DOCTOR_NO_DHCP]");
      expect(ran.stdout).toMatch(/ok {4}loaders +\d+ files, unchanged, of .*ipxe/);
      await lab.client("ip", "link", "set", "cli0", "down");
      const unplugged = await lab.bootwire("doctor", "--wait", "0");
      expect(unplugged.stdout).toMatch(/warn {2}interface .*\[BW_DOCTOR_LINK\]/);
      lab.configure("hosts: 3\n");
      const wrong = await lab.bootwire("doctor", "--wait", "0");
      expect(wrong.status).toBe(3);
      expect(wrong.stdout).toContain("[BW_DOCTOR_CONFIG]");
      lab.configure(`${config}advertise: 10.1.2.3\n`);
      expect((await lab.bootwire("doctor", "--wait", "0")).stdout).toContain("[BW_DOCTOR_ADVERTISE]");
    } finally {
      const ended = once(dnsmasq, "exit");
      dnsmasq.kill("SIGTERM");
      await ended;
      lab.close();
    }
  });
});
