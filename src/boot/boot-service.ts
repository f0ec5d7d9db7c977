import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig, ProfileConfig } from "../config/model.ts";
import type { BootAdvice, BootQuery } from "../dhcp/ports.ts";
import { BootwireError } from "../errors.ts";
import type { Answer, InstallContext } from "../installers/installer.ts";
import { installerFor } from "../installers/registry.ts";
import type { BootOutcome } from "../machines/life.ts";
import type { Attempt } from "../machines/model.ts";
import type { Catalogue } from "../media/catalogue.ts";
import type { ImagePreparer } from "../media/image-preparer.ts";
import type { PreparedImage } from "../media/prepared-image.ts";
import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { classifyClient, type Firmware } from "./client.ts";
import { type Dialect, ipxeScriptPath, type ScriptName } from "./content-paths.ts";
import { decideLoader, type Verdict } from "./decide.ts";
import { type Script, scriptView, templateOf } from "./script-view.ts";

/** A host's own options, its profile's included, go with every answer: the boot advice has none to add. */
const NO_OPTIONS: ReadonlyMap<number, Buffer> = new Map();

/** The part of the machines' life that boot decisions need. */
export interface MachineLife {
  /** What a network boot would get now; changes nothing. */
  preview(host: HostConfig): BootOutcome;
  /** A network boot that is being answered; on stable storage when it returns. */
  networkBoot(host: HostConfig, firmware: Firmware): BootOutcome;
}

export interface BootServiceParts {
  /** The configuration in force. */
  readonly active: () => ActiveConfig;
  readonly machines: MachineLife;
  readonly catalogue: Catalogue;
  readonly images: ImagePreparer;
  readonly templates: () => Templates;
}

/** A boot script as it goes to the loader. */
export interface RenderedScript {
  readonly host: HostConfig | undefined;
  readonly attempt: Attempt | undefined;
  readonly script: Script;
  readonly body: string;
}

/** Answers "what does this machine get at this step?" for DHCP, TFTP, HTTP and previews alike. */
export class BootService {
  readonly #parts: BootServiceParts;

  constructor(parts: BootServiceParts) {
    this.#parts = parts;
  }

  /** DHCP's question: which loader? Changes nothing. */
  loader(query: BootQuery): BootAdvice {
    const active = this.#parts.active();
    const { config } = active;
    const host = active.byMac(query.mac);
    const decision = decideLoader({
      mac: query.mac,
      client: classifyClient(query),
      host,
      verdict: host && this.#verdict(host),
      unknownHosts: config.dhcp.unknownHosts,
      baseUrl: this.baseUrl(query.server),
    });
    if (decision.kind !== "boot") return decision;
    return {
      ...decision,
      nextServer: config.advertise ?? query.server,
      options: NO_OPTIONS,
    };
  }

  /**
   * A loader's question: which script? This is the network boot that counts: an attempt begins or goes on here.
   * `undefined`: there is no script for this machine, and the loader is to be told "not found".
   */
  async script(name: ScriptName, server: Ipv4): Promise<RenderedScript | undefined> {
    const { machines } = this.#parts;
    return this.#script(name, server, (host) => machines.networkBoot(host, name.firmware));
  }

  /** The script that a machine would get now, for people to look at; changes nothing. */
  async previewScript(name: ScriptName, server: Ipv4): Promise<RenderedScript | undefined> {
    return this.#script(name, server, (host) => this.#parts.machines.preview(host));
  }

  /** The answer files of a running attempt, by name. */
  async answers(host: HostConfig, attempt: Attempt, server: Ipv4): Promise<ReadonlyMap<string, Answer>> {
    const { profile } = host;
    if (!profile) return new Map();
    const prepared = await this.#prepared(profile);
    const image = prepared.kind === "ready" ? prepared.image : undefined;
    const context = this.#context(host, profile, attempt.firmware, server, attempt, image);
    return installerFor(profile, this.#parts.templates()).answers(context);
  }

  /** `http://10.0.0.1:8080`: how a machine that reaches us at `server` is told to fetch things. */
  baseUrl(server: Ipv4): string {
    const { config } = this.#parts.active();
    return `http://${formatIpv4(config.advertise ?? server)}:${config.http.port}`;
  }

  #verdict(host: HostConfig): Verdict | undefined {
    return host.profile ? this.#parts.machines.preview(host) : undefined;
  }

  async #script(
    name: ScriptName,
    server: Ipv4,
    boot: (host: HostConfig) => BootOutcome,
  ): Promise<RenderedScript | undefined> {
    const { config } = this.#parts.active();
    const host = this.#parts.active().byMac(name.mac);
    if (!host) {
      if (config.dhcp.unknownHosts !== "register") return undefined;
      return this.#render(name, server, undefined, undefined, { kind: "register", mac: name.mac });
    }
    const obstacle = await this.#obstacle(host, name.firmware);
    if (obstacle) return this.#render(name, server, host, undefined, obstacle);

    const outcome = boot(host);
    switch (outcome.kind) {
      case "local":
        return this.#render(name, server, host, undefined, { kind: "local", reason: outcome.reason });
      case "hold": {
        const title = `${host.name} is on hold`;
        return this.#render(name, server, host, undefined, { kind: "hold", title, reason: outcome.reason });
      }
      case "install":
        return this.#install(name, server, host, outcome.attempt);
    }
  }

  /** What stands between an armed machine and its install; checked before an attempt begins and costs one. */
  async #obstacle(host: HostConfig, firmware: Firmware): Promise<Script | undefined> {
    const { profile } = host;
    if (!profile || this.#parts.machines.preview(host).kind !== "install") return undefined;
    const title = `${host.name} cannot be installed`;
    if (host.firmware !== undefined && host.firmware !== firmware) {
      const reason = `the config says that it has ${host.firmware} firmware, but ${firmware} firmware asked`;
      return { kind: "hold", title, reason };
    }
    const prepared = await this.#prepared(profile);
    switch (prepared.kind) {
      case "ready":
        return undefined;
      case "preparing":
        return { kind: "wait", title: `${host.name} waits for its media`, reason: prepared.reason };
      case "broken":
        return { kind: "hold", title, reason: `${prepared.error.message}. ${prepared.error.hint}` };
    }
  }

  async #prepared(
    profile: ProfileConfig,
  ): Promise<
    | { kind: "ready"; image: PreparedImage | undefined }
    | { kind: "preparing"; reason: string }
    | { kind: "broken"; error: BootwireError }
  > {
    switch (profile.installer) {
      case "image":
        return this.#parts.images.status(profile);
      case "debian": {
        for (const path of [profile.kernel, profile.initrd]) {
          const located = await this.#parts.catalogue.locate(`media/${path}`);
          if (located.kind === "missing")
            return { kind: "broken", error: missingMedia(profile, located.reason) };
        }
        return { kind: "ready", image: undefined };
      }
    }
  }

  async #install(
    name: ScriptName,
    server: Ipv4,
    host: HostConfig,
    attempt: Attempt | undefined,
  ): Promise<RenderedScript> {
    const { profile } = host;
    if (!profile) throw new TypeError(`${host.name} has no profile, so no life that installs`);
    const prepared = await this.#prepared(profile);
    const image = prepared.kind === "ready" ? prepared.image : undefined;
    const context = this.#context(host, profile, name.firmware, server, attempt, image);
    const plan = installerFor(profile, this.#parts.templates()).boot(context);
    const title = `installing ${host.name} with profile ${profile.name}`;
    return this.#render(name, server, host, attempt, { kind: "install", title, plan });
  }

  #context<P extends ProfileConfig>(
    host: HostConfig,
    profile: P,
    firmware: Firmware,
    server: Ipv4,
    attempt: Attempt | undefined,
    image: PreparedImage | undefined,
  ): InstallContext<P> {
    const baseUrl = this.baseUrl(server);
    return {
      host,
      profile,
      firmware,
      baseUrl,
      // A preview has no attempt: what it shows in place of the token opens nothing.
      attemptUrl: `${baseUrl}/a/${attempt?.token ?? "TOKEN"}`,
      attemptId: attempt?.id ?? "PREVIEW",
      image,
    };
  }

  #render(
    name: ScriptName,
    server: Ipv4,
    host: HostConfig | undefined,
    attempt: Attempt | undefined,
    script: Script,
  ): RenderedScript {
    const baseUrl = this.baseUrl(server);
    const view = scriptView(script, name.dialect, baseUrl, selfOf(name, baseUrl));
    const body = this.#parts.templates().render(templateOf(script, name.dialect), view);
    return { host, attempt, script, body };
  }
}

/** The name under which a loader asks for its script again. */
function selfOf(name: ScriptName, baseUrl: string): string {
  const byDialect: Record<Dialect, string> = {
    ipxe: `${baseUrl}/${ipxeScriptPath(name.mac, name.firmware)}`,
    pxelinux: "pxelinux.0",
    grub: `/grub/grub.cfg-01-${macWithHyphens(name.mac)}`,
  };
  return byDialect[name.dialect];
}

function missingMedia(profile: ProfileConfig, reason: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_MISSING",
    `media of profile ${profile.name} is not there: ${reason}`,
    "Put the file into the media folder, or correct the profile.",
  );
}
