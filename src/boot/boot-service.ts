import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig } from "../config/model.ts";
import { mediaOf, type ProfileConfig } from "../config/profiles/registry.ts";
import type { BootAdvice, BootQuery } from "../dhcp/ports.ts";
import { BootwireError } from "../errors.ts";
import type { Answer, InstallContext, InstallerCall } from "../installers/installer.ts";
import { noCloudSeed } from "../installers/nocloud.ts";
import { refusalOf } from "../installers/refusal.ts";
import { installerFor } from "../installers/registry.ts";
import type { BootOutcome, CallbackEvent } from "../machines/life.ts";
import type { Attempt, Basis } from "../machines/model.ts";
import type { Catalogue } from "../media/catalogue.ts";
import type { ImagePreparer } from "../media/image-preparer.ts";
import type { PreparedImage } from "../media/prepared-image.ts";
import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { BasisBook, type Subject } from "./basis-book.ts";
import { classifyClient, type Firmware } from "./client.ts";
import { type Dialect, ipxeScriptPath, type ScriptName } from "./content-paths.ts";
import { decideLoader } from "./decide.ts";
import { type Script, scriptView, templateOf } from "./script-view.ts";

/** A host's own options, its profile's included, go with every answer: the boot advice has none to add. */
const NO_OPTIONS: ReadonlyMap<number, Buffer> = new Map();

/** The part of the machines' life that boot decisions need. */
export interface MachineLife {
  /** What a network boot would get now; changes nothing. */
  preview(host: HostConfig): BootOutcome;
  /** A network boot that is being answered; on stable storage when it returns, with what a new attempt is served from. */
  networkBoot(host: HostConfig, firmware: Firmware, basis: Basis): BootOutcome;
  /** The attempt that is installing this machine. */
  running(host: HostConfig): Attempt | undefined;
  /** A text of what a running attempt is served from, by digest. */
  basis(digest: string): string | undefined;
}

/** A configuration and the templates that go with it: they are read in one go, so that no answer mixes two of them. */
export interface InForce {
  readonly active: ActiveConfig;
  readonly templates: Templates;
}

export interface BootServiceParts {
  readonly inForce: () => InForce;
  readonly machines: MachineLife;
  readonly catalogue: Catalogue;
  readonly images: Pick<ImagePreparer, "status">;
  /** The running program's version. */
  readonly release: string;
}

/** How often the configuration may change while one script is made, before the latest is taken as it is. */
const CHANGES_WHILE_ASKED = 10;

/** A boot script as it goes to the loader. */
export interface RenderedScript {
  readonly host: HostConfig | undefined;
  readonly attempt: Attempt | undefined;
  readonly script: Script;
  readonly body: string;
}

/** What signed GRUB asks for before anything else. */
export const GRUB_DISPATCHER = "grub/grub.cfg";
const DISPATCHERS: ReadonlyMap<string, string> = new Map([
  ["autoexec.ipxe", "boot/autoexec.ipxe.hbs"],
  [GRUB_DISPATCHER, "boot/dispatch.grub.hbs"],
]);

/** Answers "what does this machine get at this step?" for DHCP, TFTP, HTTP and previews alike. */
export class BootService {
  readonly #parts: BootServiceParts;
  readonly #book: BasisBook;

  constructor(parts: BootServiceParts) {
    this.#parts = parts;
    this.#book = new BasisBook({ read: (digest) => parts.machines.basis(digest), release: parts.release });
  }

  /** DHCP's question: which loader? Changes nothing. */
  loader(query: BootQuery): BootAdvice {
    const current = this.#parts.inForce();
    const { config } = current.active;
    const listed = current.active.byMac(query.mac);
    const verdict = listed && this.#verdict(listed);
    const host = listed && this.#subject(current, listed, verdict).host;
    const decision = decideLoader({
      mac: query.mac,
      client: classifyClient(query),
      host,
      verdict,
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

  /** The script of a name that loaders ask for by themselves, whatever the machine: it sends each to its own. */
  dispatcher(name: string, server: Ipv4): string | undefined {
    const template = DISPATCHERS.get(name);
    if (template === undefined) return undefined;
    return this.#parts.inForce().templates.render(template, { baseUrl: this.baseUrl(server) });
  }

  /**
   * A loader's question: which script? This is the network boot that counts: an attempt begins or goes on here.
   * `undefined`: there is no script for this machine, and the loader is to be told "not found".
   */
  async script(name: ScriptName, server: Ipv4): Promise<RenderedScript | undefined> {
    const { machines } = this.#parts;
    return this.#script(name, server, (subject) =>
      machines.networkBoot(subject.host, name.firmware, this.#book.basisOf(subject)),
    );
  }

  /**
   * The script that a machine would get now, for people to look at; changes nothing. A running attempt's token is in it
   * only where `secrets` are wanted.
   */
  async previewScript(
    name: ScriptName,
    server: Ipv4,
    { secrets = false } = {},
  ): Promise<RenderedScript | undefined> {
    const { machines } = this.#parts;
    return this.#script(name, server, ({ host }) => {
      const outcome = machines.preview(host);
      const goesOn = secrets && outcome.kind === "install" && !outcome.fresh;
      return goesOn ? { ...outcome, attempt: machines.running(host) } : outcome;
    });
  }

  /**
   * The answer files of a running attempt of this machine, by name: of the configuration that it began with. `undefined`:
   * nothing is known of the machine any more.
   */
  async answers(
    machine: string,
    attempt: Attempt,
    server: Ipv4,
  ): Promise<ReadonlyMap<string, Answer> | undefined> {
    const subject = this.#subjectOf(machine, attempt);
    if (!subject) return undefined;
    return this.#answers(subject, attempt.firmware, server, attempt);
  }

  /** The answer files that an install of this host would get now, for people to look at; changes nothing. */
  async previewAnswers(
    host: HostConfig,
    firmware: Firmware,
    server: Ipv4,
  ): Promise<ReadonlyMap<string, Answer>> {
    return this.#answers({ host, templates: this.#parts.inForce().templates }, firmware, server, undefined);
  }

  /** The configuration that this machine is served from now: what its running attempt began with, else its own. */
  servedFrom(host: HostConfig): HostConfig {
    return this.#subject(this.#parts.inForce(), host, this.#verdict(host)).host;
  }

  /** The cloud-init seed of a machine, which its system fetches below `/nocloud/<token>`. */
  seed(host: HostConfig, token: string, server: Ipv4): ReadonlyMap<string, Answer> {
    const baseUrl = this.baseUrl(server);
    const place = { baseUrl, seedUrl: `${baseUrl}/nocloud/${token}` };
    return noCloudSeed(host, place, this.#parts.inForce().templates);
  }

  /** A call home in the words of the attempt's installer; `undefined`: it knows no such call. */
  installerEvents(
    machine: string,
    attempt: Attempt,
    call: InstallerCall,
  ): readonly CallbackEvent[] | undefined {
    const subject = this.#subjectOf(machine, attempt);
    if (!subject?.host.profile) return undefined;
    return installerFor(subject.host.profile, subject.templates).callback?.(call);
  }

  /** `http://10.0.0.1:8080`: how a machine that reaches us at `server` is told to fetch things. */
  baseUrl(server: Ipv4): string {
    const { config } = this.#parts.inForce().active;
    return `http://${formatIpv4(config.advertise ?? server)}:${config.http.port}`;
  }

  async #answers(
    { host, templates }: Subject,
    firmware: Firmware,
    server: Ipv4,
    attempt: Attempt | undefined,
  ): Promise<ReadonlyMap<string, Answer>> {
    const { profile } = host;
    if (!profile) return new Map();
    const prepared = await this.#prepared(profile);
    const image = prepared.kind === "ready" ? prepared.image : undefined;
    const context = this.#context(host, profile, firmware, server, attempt, image);
    return installerFor(profile, templates).answers(context);
  }

  #verdict(host: HostConfig): BootOutcome | undefined {
    return host.profile ? this.#parts.machines.preview(host) : undefined;
  }

  /** What an attempt began with; `undefined` where that was not kept. */
  #began(attempt: Attempt | undefined): Subject | undefined {
    return attempt?.basis && this.#book.subjectOf(attempt.basis);
  }

  /** What an attempt of a machine is served from; `undefined`: nothing is known of the machine any more. */
  #subjectOf(machine: string, attempt: Attempt): Subject | undefined {
    const { active, templates } = this.#parts.inForce();
    const listed = active.byName(machine);
    return this.#began(attempt) ?? (listed && { host: listed, templates });
  }

  /** What a machine is served from: what its running attempt began with, where that goes on, else what is in force. */
  #subject({ templates }: InForce, listed: HostConfig, verdict: BootOutcome | undefined): Subject {
    const goesOn = verdict?.kind === "install" && !verdict.fresh;
    const began = goesOn ? this.#began(this.#parts.machines.running(listed)) : undefined;
    return began ?? { host: listed, templates };
  }

  async #script(
    name: ScriptName,
    server: Ipv4,
    boot: (subject: Subject) => BootOutcome,
    changes = 0,
  ): Promise<RenderedScript | undefined> {
    const current = this.#parts.inForce();
    const { active, templates } = current;
    const listed = active.byMac(name.mac);
    if (!listed) {
      if (active.config.dhcp.unknownHosts !== "register") return undefined;
      return this.#render(name, server, { templates }, { kind: "register", mac: name.mac });
    }
    const verdict = this.#verdict(listed);
    const subject = this.#subject(current, listed, verdict);
    const obstacle = await this.#obstacle(subject, verdict, name.firmware, server);
    // What was looked at is not in force any more: the answer is that of one configuration, not half and half.
    if (this.#parts.inForce() !== current && changes < CHANGES_WHILE_ASKED) {
      return this.#script(name, server, boot, changes + 1);
    }
    const about = { host: listed, templates };
    if (obstacle) return this.#render(name, server, about, obstacle);

    const outcome = boot(about);
    const { reason } = outcome;
    switch (outcome.kind) {
      case "local":
        return this.#render(name, server, about, { kind: "local", reason });
      case "hold":
        return this.#render(name, server, about, {
          kind: "hold",
          title: `${listed.name} is on hold`,
          reason,
        });
      case "install": {
        const { attempt } = outcome;
        const from = this.#began(attempt) ?? subject;
        const script = await this.#installScript(name, server, from, attempt);
        return this.#render(name, server, { ...about, templates: from.templates, attempt }, script);
      }
    }
  }

  /** What stands between an armed machine and its install; checked before an attempt begins and costs one. */
  async #obstacle(
    { host, templates }: Subject,
    verdict: BootOutcome | undefined,
    firmware: Firmware,
    server: Ipv4,
  ): Promise<Script | undefined> {
    const { profile } = host;
    if (!profile || verdict?.kind !== "install") return undefined;
    const title = `${host.name} cannot be installed`;
    if (host.firmware !== undefined && host.firmware !== firmware) {
      const reason = `the config says that it has ${host.firmware} firmware, but ${firmware} firmware asked`;
      return { kind: "hold", title, reason };
    }
    const context = this.#context(host, profile, firmware, server, undefined, undefined);
    const refusal = refusalOf(installerFor(profile, templates), context);
    if (refusal) return { kind: "hold", title, reason: `${refusal.message}. ${refusal.hint}` };
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
    if (profile.installer === "image") return this.#parts.images.status(profile);
    for (const { path } of mediaOf(profile)) {
      const located = await this.#parts.catalogue.locate(`media/${path}`);
      if (located.kind === "missing") return { kind: "broken", error: missingMedia(profile, located.reason) };
    }
    return { kind: "ready", image: undefined };
  }

  async #installScript(
    name: ScriptName,
    server: Ipv4,
    subject: Subject,
    attempt: Attempt | undefined,
  ): Promise<Script> {
    const { host } = subject;
    const { profile } = host;
    if (!profile) throw new TypeError(`${host.name} has no profile, so no life that installs`);
    const prepared = await this.#prepared(profile);
    const image = prepared.kind === "ready" ? prepared.image : undefined;
    const context = this.#context(host, profile, name.firmware, server, attempt, image);
    const plan = installerFor(profile, subject.templates).boot(context);
    const title = `installing ${host.name} with profile ${profile.name}`;
    return { kind: "install", title, plan };
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
    about: {
      readonly host?: HostConfig;
      readonly templates: Templates;
      readonly attempt?: Attempt | undefined;
    },
    script: Script,
  ): RenderedScript {
    const baseUrl = this.baseUrl(server);
    const view = scriptView(script, name.dialect, baseUrl, selfOf(name, baseUrl));
    const body = about.templates.render(templateOf(script, name.dialect), view);
    return { host: about.host, attempt: about.attempt, script, body };
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
