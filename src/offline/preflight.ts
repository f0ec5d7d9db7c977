import path from "node:path";
import type { Config, HostConfig } from "../config/model.ts";
import { mediaOf, type ProfileConfig } from "../config/profiles/registry.ts";
import { BootwireError } from "../errors.ts";
import type { BootPlan, InstallContext, Installer } from "../installers/installer.ts";
import { refusalOf } from "../installers/refusal.ts";
import { installerFor } from "../installers/registry.ts";
import { Catalogue } from "../media/catalogue.ts";
import { type IsoProduct, recognizeIso } from "../media/recognize-iso.ts";
import { builtInTemplates, loadTemplates } from "../templates/templates.ts";

/** Something that would make an install fail, by the media and the memory that are there. */
export interface PreflightProblem {
  readonly machine: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const MEBIBYTE = 1024 * 1024;

/** What an installer's ISO has to be. */
const PRODUCTS: Readonly<Record<string, ReadonlySet<IsoProduct>>> = {
  ubuntu: new Set(["ubuntu"]),
  proxmox: new Set(["proxmox-ve"]),
  autoyast: new Set(["opensuse-leap"]),
  agama: new Set(["agama"]),
  kickstart: new Set(["rhel", "centos-stream", "rocky", "almalinux", "oracle-linux", "fedora"]),
};

/**
 * Looks at what each machine's install takes: memory, media, and whether these belong together. Files that are not in the
 * media folder at all are another check's business. Never changes anything.
 */
export async function preflight(config: Config): Promise<readonly PreflightProblem[]> {
  const templates = await loadTemplates(builtInTemplates(), config.templates);
  const catalogue = new Catalogue({ path: () => undefined }, () => config.media);
  const problems: PreflightProblem[] = [];
  for (const host of config.hosts) {
    const { profile } = host;
    if (!profile) continue;
    const context = contextOf(host, profile);
    const installer = installerFor(profile, templates);
    // Where the installer refuses the machine, there is nothing to look at.
    if (refusalOf(installer, context)) continue;
    const look = new Look(catalogue, host, profile);
    try {
      await look.iso();
      await look.plan(installer.boot(context));
      await look.memory(installer, context);
    } catch (error) {
      if (!(error instanceof BootwireError)) throw error;
      look.say(error.code, error.message, error.hint);
    }
    problems.push(...look.problems);
  }
  return problems;
}

/** One machine that is looked at. */
class Look {
  readonly problems: PreflightProblem[] = [];
  readonly #catalogue: Catalogue;
  readonly #host: HostConfig;
  readonly #profile: ProfileConfig;

  constructor(catalogue: Catalogue, host: HostConfig, profile: ProfileConfig) {
    this.#catalogue = catalogue;
    this.#host = host;
    this.#profile = profile;
  }

  say(code: string, message: string, hint: string): void {
    this.problems.push({ machine: this.#host.name, code, message, hint });
  }

  /** Whether an ISO of the profile is whole, and of what the profile installs. */
  async iso(): Promise<void> {
    const wanted = PRODUCTS[this.#profile.installer];
    const [file] = mediaOf(this.#profile);
    const iso = file && wanted && (await this.#catalogue.iso(file.path));
    if (!iso) return;
    const found = await recognizeIso(iso.reader, iso.source.size);
    if (found.truncated) {
      const message = `${file.path} ends before it should: it was not fetched to its end`;
      this.say("BW_PREFLIGHT_MEDIA", message, "Fetch it again, and compare its SHA-256.");
    } else if (!wanted.has(found.product)) {
      const message = `${file.path} is ${found.title}, which installer ${this.#profile.installer} does not install`;
      this.say("BW_PREFLIGHT_MEDIA", message, "Name another ISO, or another installer.");
    } else if (this.#profile.installer === "kickstart") {
      const family = `${found.product === "fedora" ? "fedora" : "rhel"}${found.version?.split(".")[0] ?? ""}`;
      if (family === this.#profile.family) return;
      const message = `${file.path} is ${found.title}, but family says ${this.#profile.family}`;
      this.say("BW_PREFLIGHT_MEDIA", message, `Write family: ${family}, or name another ISO.`);
    }
  }

  /** Whether kernel and initrd are inside of the ISO or folder, and come from the same place. */
  async plan(plan: BootPlan): Promise<void> {
    if (plan.kind !== "linux") return;
    const files = await this.#present();
    for (const content of [plan.kernel, plan.initrd]) {
      if (content === undefined || content.startsWith("assets/")) continue;
      if (!files.some((file) => content.includes(`media/${file}/`))) continue;
      const located = await this.#catalogue.locate(content);
      if (located.kind !== "missing") continue;
      const message = `profile ${this.#profile.name} cannot be booted: ${located.reason}`;
      this.say(
        "BW_PREFLIGHT_MEDIA",
        message,
        "Use an installation ISO of the system, or a whole copy of its tree.",
      );
    }
    const [kernel, initrd] = [plan.kernel, plan.initrd ?? plan.kernel].map((content) =>
      this.#originOf(content),
    );
    if (kernel === undefined || initrd === undefined || kernel === initrd) return;
    const message = `kernel and initrd of profile ${this.#profile.name} come from two places, ${kernel} and ${initrd}`;
    this.say(
      "BW_PREFLIGHT_MISMATCH",
      message,
      "Take both from the same release of the installer: its modules fit no other kernel.",
    );
  }

  /** What a file has to share with the other: its ISO; for Debian's installer, whose files lie loose, its folder. */
  #originOf(content: string): string | undefined {
    const iso = /^(?:join\/)?media\/(.*?\.iso)\//.exec(content)?.[1];
    return iso ?? (this.#profile.installer === "debian" ? path.posix.dirname(content) : undefined);
  }

  /** Whether the VM has the memory that the installer needs. */
  async memory(installer: Installer, context: InstallContext): Promise<void> {
    const { memory } = this.#host.guest;
    if (memory === undefined) return;
    const fixed = installer.memoryOf?.(context) ?? installer.minimumMemory;
    const loaded = (installer.mediaInMemory ?? 0) * (await this.#firstMediaSize());
    const least = Math.max(fixed, Math.ceil(loaded / MEBIBYTE));
    if (memory >= least) return;
    const message = `${this.#host.name} has ${memory} MiB of memory, and installer ${this.#profile.installer} needs ${least} MiB`;
    this.say(
      "BW_PREFLIGHT_MEMORY",
      message,
      `Write guest: {memory: ${Math.ceil(least / 1024)}GiB}, at least while it installs.`,
    );
  }

  async #firstMediaSize(): Promise<number> {
    const [file] = mediaOf(this.#profile);
    const iso = file && (await this.#catalogue.iso(file.path));
    return iso?.source.size ?? 0;
  }

  async #present(): Promise<readonly string[]> {
    const present: string[] = [];
    for (const { path: file } of mediaOf(this.#profile)) {
      if ((await this.#catalogue.locate(`media/${file}`)).kind !== "missing") present.push(file);
    }
    return present;
  }
}

/** A context that is good enough to see what would be booted. */
function contextOf(host: HostConfig, profile: ProfileConfig): InstallContext {
  const firmware = host.firmware ?? (profile.loader === "pxelinux" ? "bios" : "uefi");
  const baseUrl = "http://SERVER:8080";
  const attemptUrl = `${baseUrl}/a/TOKEN`;
  return { host, profile, firmware, baseUrl, attemptUrl, attemptId: "ATTEMPT", image: undefined };
}
