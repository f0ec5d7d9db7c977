import { readFile } from "node:fs/promises";
import type { ExplainedStep, Explanation, FirmwareKind, StepKind } from "../api/explain.ts";
import { type BootService, GRUB_DISPATCHER, type RenderedScript } from "../boot/boot-service.ts";
import type { Firmware, Runs } from "../boot/client.ts";
import { type Dialect, parseScriptName, type ScriptName } from "../boot/content-paths.ts";
import { dialectOfFile } from "../boot/decide.ts";
import { maskedHost, maskerOf } from "../boot/masking.ts";
import { locateByTftpName } from "../boot/tftp-files.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig } from "../config/model.ts";
import type { Answer } from "../installers/installer.ts";
import type { Attempt } from "../machines/model.ts";
import type { Catalogue } from "../media/catalogue.ts";
import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { bytesOf, EMPTY } from "./bytes.ts";
import type { Client } from "./clients.ts";
import { DhcpQuestions, type DhcpSide, type Named } from "./dhcp-steps.ts";

export interface ExplainerParts {
  readonly active: () => ActiveConfig;
  readonly boot: BootService;
  /** The attempt that is installing a machine. */
  readonly running: (host: HostConfig) => Attempt | undefined;
  readonly catalogue: Catalogue;
  readonly dhcp: DhcpSide;
  readonly source: Explanation["source"];
}

/** What is to be explained. */
export interface ExplainQuestion {
  readonly mac: Mac;
  /** Default: what the config says, else uefi. */
  readonly firmware?: FirmwareKind | undefined;
  /** The loader that runs already; default: what DHCP leads to. */
  readonly loader?: Dialect | undefined;
  /** This step alone. */
  readonly step?: StepKind | undefined;
  /** Whether tokens and hashes of passwords are shown as they are. */
  readonly secrets: boolean;
}

/** No boot goes over more loaders than this. */
const MOST_LOADERS = 4;

/**
 * Follows a network boot step by step, as the machine would live it now, through the very parts that answer it: DHCP's
 * engine, the boot decision, the catalogue, the installers. Changes nothing.
 */
export class Explainer {
  readonly #parts: ExplainerParts;

  constructor(parts: ExplainerParts) {
    this.#parts = parts;
  }

  async explain(question: ExplainQuestion): Promise<Explanation> {
    const { mac, secrets, step } = question;
    const host = this.#parts.active().byMac(mac);
    const firmware = question.firmware ?? host?.firmware ?? "uefi";
    const kind: Firmware = firmware === "bios" ? "bios" : "uefi";
    const mask = secrets ? (text: string) => text : maskerOf(host && this.#parts.boot.servedFrom(host));
    const walk = new Walk(this.#parts, { ...question, firmware, kind, host, mask });
    const steps = (await walk.go()).filter((one) => step === undefined || one.step === step);
    const notes = [...this.#parts.dhcp.notes];
    if (!host) notes.push(`${mac} is not in the config`);
    return { mac, machine: host?.name ?? null, firmware, source: this.#parts.source, notes, steps };
  }
}

interface Asked extends ExplainQuestion {
  readonly firmware: FirmwareKind;
  readonly kind: Firmware;
  readonly host: HostConfig | undefined;
  readonly mask: (text: string) => string;
}

/** One way through a boot. */
class Walk {
  readonly #parts: ExplainerParts;
  readonly #asked: Asked;
  readonly #server: Ipv4;
  readonly #steps: ExplainedStep[] = [];

  constructor(parts: ExplainerParts, asked: Asked) {
    this.#parts = parts;
    this.#asked = asked;
    this.#server = parts.dhcp.server(asked.host);
  }

  async go(): Promise<readonly ExplainedStep[]> {
    const { loader } = this.#asked;
    if (loader === "pxelinux" || loader === "grub") await this.#scriptOf(loader);
    else await this.#loaders(loader === "ipxe" ? "ipxe" : "firmware", 1);
    return this.#steps;
  }

  /** DHCP names a loader, the loader asks DHCP again, until one asks for a script. */
  async #loaders(runs: Runs, count: number): Promise<void> {
    const named = this.#dhcp(runs);
    if (!named) return;
    const script = parseScriptName(new URL(named.file, "tftp://server/").pathname.replace(/^\/+/, ""));
    if (script) {
      await this.#script(script);
      return;
    }
    await this.#loaderFile(named);
    const dialect = dialectOfFile(named.file);
    if (dialect === undefined || count >= MOST_LOADERS) return;
    if (dialect === "ipxe") await this.#loaders("ipxe", count + 1);
    else await this.#scriptOf(dialect);
  }

  #dhcp(runs: Runs): Named | undefined {
    const { mac, firmware, host } = this.#asked;
    const client: Client = { mac, firmware, runs };
    const { steps, named } = new DhcpQuestions(this.#parts.dhcp, this.#parts.boot).ask(client, host);
    this.#steps.push(...steps);
    return named;
  }

  async #loaderFile({ file, by }: Named): Promise<void> {
    const path = new URL(file, "tftp://server/").pathname.replace(/^\/+/, "");
    await this.#file(path, by);
    // shim asks for GRUB under this name, beside itself.
    if (path.endsWith("shimx64.efi")) await this.#file(path.replace("shimx64", "grubx64"), by);
  }

  async #file(path: string, by: "TFTP" | "HTTP"): Promise<void> {
    const located = await locateByTftpName(this.#parts.catalogue, path);
    const isThere = located.kind === "file";
    const content = isThere ? await readFile(located.path) : undefined;
    this.#steps.push({
      ...EMPTY,
      step: "tftp",
      title: `the loader is fetched by ${by}`,
      outcome: isThere
        ? `${path}: ${located.path}`
        : `not found: ${located.kind === "missing" ? located.reason : `${path} is no file of its own`}`,
      answered: isThere,
      file: path,
      bytes: content === undefined ? null : bytesOf(content, false),
    });
  }

  async #scriptOf(dialect: Dialect): Promise<void> {
    const { mac, kind } = this.#asked;
    if (dialect === "grub") this.#dispatcher(GRUB_DISPATCHER);
    await this.#script({ mac, firmware: kind, dialect });
  }

  #dispatcher(file: string): void {
    const text = this.#parts.boot.dispatcher(file, this.#server) ?? "";
    this.#steps.push({
      ...EMPTY,
      step: "script",
      title: `the loader asks for ${file}`,
      outcome: "the same for every machine: it asks for its own script",
      answered: true,
      file,
      ...shown(text, (one) => one),
    });
  }

  async #script(name: ScriptName): Promise<void> {
    const { boot } = this.#parts;
    const { secrets, mask } = this.#asked;
    const rendered = await boot.previewScript(name, this.#server, { secrets });
    this.#steps.push({
      ...EMPTY,
      step: "script",
      title: `${name.dialect} asks for its script`,
      outcome: rendered ? decisionOf(rendered) : "not found: there is no script for this machine",
      answered: rendered !== undefined,
      ...(rendered && shown(rendered.body, mask)),
    });
    if (rendered?.script.kind === "install") await this.#answers(name.firmware);
  }

  async #answers(firmware: Firmware): Promise<void> {
    const { boot, running } = this.#parts;
    const { host, mask, secrets } = this.#asked;
    if (!host) return;
    const attempt = running(host);
    const toShow = (served: HostConfig) => (secrets ? served : maskedHost(served));
    const answers =
      attempt && secrets
        ? await boot.answers(host.name, attempt, this.#server)
        : await boot.previewAnswers(toShow(boot.servedFrom(host)), firmware, this.#server);
    for (const [file, answer] of answers ?? []) this.#answer(file, answer, mask, attempt);
  }

  #answer(file: string, answer: Answer, mask: (text: string) => string, attempt: Attempt | undefined): void {
    this.#steps.push({
      ...EMPTY,
      step: "answers",
      title: `the installer asks for ${file}`,
      outcome: attempt ? `${file} of attempt ${attempt.id}` : `${file}, as a new attempt would get it`,
      answered: true,
      file,
      details: [`content type: ${answer.contentType}`],
      ...shown(answer.body, mask),
    });
  }
}

/** A text for people; its size and digest are those of what is shown. */
function shown(body: string, mask: (text: string) => string): Pick<ExplainedStep, "text" | "bytes"> {
  const text = mask(body);
  return { text, bytes: bytesOf(Buffer.from(text), false) };
}

function decisionOf({ script, attempt }: RenderedScript): string {
  switch (script.kind) {
    case "install":
      return `${script.title}${attempt ? ` (attempt ${attempt.id})` : ""}`;
    case "local":
      return `its own disk: ${script.reason}`;
    case "hold":
    case "wait":
      return `${script.title}: ${script.reason}`;
    case "register":
      return "how to make this machine known";
  }
}
