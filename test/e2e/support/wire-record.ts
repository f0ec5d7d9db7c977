import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect } from "vitest";
import { type Explanation, explanationSchema } from "../../../src/api/explain.ts";
import { endProcess, type PrivateNetwork } from "../../../src/demo/namespace.ts";
import { replaySchema } from "../../../src/explain/replay.ts";
import { readCapture } from "../../../src/net/pcap.ts";
import { withoutLeaseTimes } from "../../support/lease-times.ts";
import { Running } from "./boot-lab.ts";

const run = promisify(execFile);

/** Buffer of tcpdump, in KiB: bulk transfers come faster than a busy disk takes them. */
const BUFFER = "65536";
/** What machines are told by, and the servers' ports; each other port is a transfer's own. */
const DHCP_SERVER = 67;
const PXE_SERVER = 4011;

/** `bootwire <args>` to its end, beside the daemon; what it printed. */
export type Bootwire = (...args: string[]) => Promise<string>;

/** What `explain` is asked about. SeaBIOS gets its network cards' ROMs from QEMU, and these are iPXE: no loader is fetched. */
export interface Booted {
  readonly machine: string;
  readonly firmware: "bios" | "uefi";
}

/** What was compared and found the same, by name. */
export interface Compared {
  /** Answers to DHCP. */
  readonly dhcp: number;
  readonly loaders: readonly string[];
  readonly scripts: readonly string[];
  readonly answers: readonly string[];
}

/** Everything that goes over a wire, byte by byte, from `start` to `stop`. */
export class WireRecord {
  readonly #file: string;
  readonly #tcpdump: Running;

  private constructor(file: string, tcpdump: Running) {
    this.#file = file;
    this.#tcpdump = tcpdump;
  }

  /** `file`: where the capture goes; other files of its name, with endings, go beside it. */
  static async start(network: PrivateNetwork, file: string): Promise<WireRecord> {
    const args = [
      "-i",
      network.bridge,
      "-s",
      "0",
      "-B",
      BUFFER,
      "--immediate-mode",
      "-U",
      "-Z",
      "root",
      "-w",
      file,
    ];
    const child = await network.spawn("tcpdump", args, { stdio: ["ignore", "pipe", "pipe"] });
    const tcpdump = new Running("tcpdump", child, `${file}.log`);
    await tcpdump.printed(/listening on/);
    return new WireRecord(file, tcpdump);
  }

  /**
   * Ends the record and asserts that `explain` says of this boot, byte by byte, what went over the wire: every answer to
   * DHCP, every loader, boot script and file of answers. The machine must still be where it was in its life.
   */
  async expectExplained(booted: Booted, bootwire: Bootwire): Promise<Compared> {
    await endProcess(this.#tcpdump.process);
    await this.#tcpdump.printed(/\b0 packets dropped by kernel/);
    const { machine, firmware } = booted;
    const rom = firmware === "bios" ? ["--loader", "ipxe"] : [];
    const question = [machine, "--firmware", firmware, ...rom];
    const printed = await bootwire("explain", ...question, "--secrets", "--json");
    const explained = explanationSchema.parse(JSON.parse(printed));
    expect(explained.source).toBe("daemon");
    const [byTftp, byHttp] = [await this.#objects("tftp"), await this.#objects("http")];
    const isScript = (name: string) => /\.ipxe$|^grub\.cfg(?:-|$)/.test(name);
    const fetched = [...byTftp, ...byHttp];
    const answers = answersOf(explained);
    return {
      dhcp: await this.#expectReplayed(bootwire),
      loaders: expectLoaders(
        explained,
        byTftp.filter(({ name }) => !isScript(name)),
      ),
      scripts: expectScripts(
        explained,
        fetched.filter(({ name }) => isScript(name)),
      ),
      answers: expectAnswers(
        answers,
        byHttp.filter(({ name }) => answers.has(name)),
      ),
    };
  }

  /** What we would answer to each DHCP message of the wire is what was answered, but for how long a lease lasts still. */
  async #expectReplayed(bootwire: Bootwire): Promise<number> {
    const { packets } = replaySchema.parse(
      JSON.parse(await bootwire("explain", "--json", "--pcap", this.#file)),
    );
    const replayed = packets.flatMap(({ answer }) => answer?.hex ?? []).map((hex) => Buffer.from(hex, "hex"));
    const sent = readCapture(await readFile(this.#file)).filter(
      ({ source }) => source.port === DHCP_SERVER || source.port === PXE_SERVER,
    );
    expect(replayed.map(withoutLeaseTimes)).toEqual(sent.map(({ payload }) => withoutLeaseTimes(payload)));
    return sent.length;
  }

  /** The files that were fetched whole, as tshark puts them together again. */
  async #objects(protocol: "http" | "tftp"): Promise<readonly Fetched[]> {
    const folder = `${this.#file}.${protocol}`;
    await mkdir(folder);
    await run("tshark", ["-n", "-q", "-r", this.#file, "--export-objects", `${protocol},${folder}`]);
    const names = await readdir(folder);
    return Promise.all(
      names.map(async (name) => ({
        // What was fetched twice is `name(1)`; GRUB writes a MAC with colons, which tshark does not.
        name: name.replace(/\(\d+\)/, "").replaceAll(/:|%3a/gi, "-"),
        bytes: await readFile(`${folder}/${name}`),
      })),
    );
  }
}

interface Fetched {
  /** Without its folders. */
  readonly name: string;
  readonly bytes: Buffer;
}

function expectLoaders(explained: Explanation, fetched: readonly Fetched[]): readonly string[] {
  const steps = explained.steps.filter(({ step }) => step === "tftp");
  const expected = new Map(steps.map(({ file, bytes }) => [file ?? "", bytes?.sha256]));
  const served = new Map(fetched.map(({ name, bytes }) => [name, digest(bytes)]));
  expect(served).toEqual(expected);
  return [...served.keys()].sort();
}

function expectScripts({ steps }: Explanation, fetched: readonly Fetched[]): readonly string[] {
  const scripts = steps.filter(({ step }) => step === "script");
  const own = scripts.find(({ file }) => file === null);
  for (const { name, bytes } of fetched) {
    const expected = scripts.find(({ file }) => file?.endsWith(`/${name}`)) ?? own;
    expect(bytes.toString(), name).toBe(expected?.text);
  }
  return namesOf(fetched);
}

function expectAnswers(answers: ReadonlyMap<string, string>, fetched: readonly Fetched[]): readonly string[] {
  for (const { name, bytes } of fetched) expect(bytes.toString(), name).toBe(answers.get(name));
  return namesOf(fetched);
}

function answersOf({ steps }: Explanation): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap(({ step, file, text }) => (step === "answers" ? [[file ?? "", text ?? ""]] : [])),
  );
}

function namesOf(fetched: readonly Fetched[]): readonly string[] {
  return [...new Set(fetched.map(({ name }) => name))].sort();
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
