import type { ApiReload } from "../api-types.ts";
import type { InForce } from "../boot/boot-service.ts";
import { ActiveConfig } from "../config/active-config.ts";
import { ConfigInvalid } from "../config/config-invalid.ts";
import { type LoadedConfig, type LoadOptions, loadConfig } from "../config/load.ts";
import type { Config } from "../config/model.ts";
import { createPasswordHasher, type PasswordHasher } from "../config/passwords.ts";
import type { ConfigProblem } from "../config/problem.ts";
import { builtInTemplates, TemplateReader, type Templates } from "../templates/templates.ts";
import { certificateToKeep, configChanges, withWhatIsOpen } from "./config-changes.ts";

/** A configuration as it was written, and the templates that go with it: they change together. */
interface Read {
  readonly config: Config;
  readonly templates: Templates;
  readonly warnings: readonly ConfigProblem[];
}

export interface LiveConfigOptions {
  /** The folder of the program's own templates. */
  readonly builtIn?: string;
  /** With it the certificate of `admin.tls` is read too, and one that is valid is not replaced by one that is not. */
  readonly now?: () => number;
}

/** The configuration in force. It is replaced as a whole, or not at all. */
export class LiveConfig {
  #inForce: InForce;
  /** What was read last; what of it waits for a restart is not in force. */
  #written: Read;
  /** One for all loads, so that reading a config again does not change the hashes of plain passwords. */
  readonly hashPassword: PasswordHasher;
  readonly #templates: TemplateReader;
  readonly #load: LoadOptions;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners: ((active: ActiveConfig) => void)[] = [];

  private constructor(
    first: Read,
    hashPassword: PasswordHasher,
    templates: TemplateReader,
    load: LoadOptions,
  ) {
    this.#written = first;
    this.#inForce = { active: new ActiveConfig(first.config), templates: first.templates };
    this.hashPassword = hashPassword;
    this.#templates = templates;
    this.#load = load;
  }

  /** Reads the config and its templates. Throws ConfigInvalid, or what templates throw. */
  static async open(path: string, options: LiveConfigOptions = {}): Promise<LiveConfig> {
    const { builtIn = builtInTemplates(), now } = options;
    const hashPassword = createPasswordHasher();
    const templates = new TemplateReader(builtIn);
    const load = { hashPassword, ...(now && { now }) };
    return new LiveConfig(await read(path, load, templates), hashPassword, templates, load);
  }

  /** Configuration and templates together: another object whenever one of them has changed. */
  get inForce(): InForce {
    return this.#inForce;
  }

  get active(): ActiveConfig {
    return this.#inForce.active;
  }

  get templates(): Templates {
    return this.#inForce.templates;
  }

  /** What is doubtful in the one that was read last. */
  get warnings(): readonly ConfigProblem[] {
    return this.#written.warnings;
  }

  /** Called with each new configuration, once it is in force. */
  onChange(listener: (active: ActiveConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the file again and puts it in force. Throws as `open` does, and the old one stays. */
  async reload(): Promise<ApiReload> {
    return this.#inTurn(async () =>
      this.#replace(await read(this.active.config.path, this.#load, this.#templates)),
    );
  }

  /** Puts a config in force that was read elsewhere. Throws what templates throw, and the old one stays. */
  async take(loaded: LoadedConfig): Promise<ApiReload> {
    return this.#inTurn(async () => this.#replace(await withTemplates(loaded, this.#templates)));
  }

  #replace(read: Read): ApiReload {
    const { config } = this.#inForce.active;
    const now = this.#load.now?.();
    const kept = now === undefined ? undefined : certificateToKeep(config, read.config, now);
    const admin = { ...read.config.admin, tls: kept };
    const next = kept ? { ...read, config: { ...read.config, admin } } : read;
    const changes = configChanges({ ...this.#written, open: config }, next);
    if (kept) changes.notes.push("certificate not taken up, as its time is not now: the old one stays");
    this.#written = next;
    if (!changes.changed) return changes;
    const active = new ActiveConfig(withWhatIsOpen(next.config, config));
    this.#inForce = { active, templates: next.templates };
    for (const listener of this.#listeners) listener(active);
    return changes;
  }

  /** One change after the other: the one that was asked for last is the one that stays. */
  #inTurn(change: () => Promise<ApiReload>): Promise<ApiReload> {
    const result = this.#turn.then(change, change);
    this.#turn = result;
    return result;
  }
}

async function read(path: string, load: LoadOptions, templates: TemplateReader): Promise<Read> {
  const loaded = await loadConfig(path, load);
  if (!loaded.ok) throw new ConfigInvalid(path, loaded.problems);
  return withTemplates(loaded, templates);
}

async function withTemplates({ config, warnings }: LoadedConfig, templates: TemplateReader): Promise<Read> {
  return { config, warnings, templates: await templates.load(config.templates) };
}
