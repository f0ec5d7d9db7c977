import type { ApiReload } from "./api-types.ts";
import type { InForce } from "./boot/boot-service.ts";
import { ActiveConfig } from "./config/active-config.ts";
import { ConfigInvalid } from "./config/config-invalid.ts";
import { loadConfig } from "./config/load.ts";
import type { Config } from "./config/model.ts";
import { createPasswordHasher, type PasswordHasher } from "./config/passwords.ts";
import { configChanges, withWhatIsOpen } from "./config-changes.ts";
import { builtInTemplates, TemplateReader, type Templates } from "./templates/templates.ts";

/** A configuration as it was written, and the templates that go with it: they change together. */
interface Read {
  readonly config: Config;
  readonly templates: Templates;
}

/** The configuration in force. It is replaced as a whole, or not at all. */
export class LiveConfig {
  #inForce: InForce;
  /** What was read last; what of it waits for a restart is not in force. */
  #written: Read;
  /** One for all loads, so that reading a config again does not change the hashes of plain passwords. */
  readonly hashPassword: PasswordHasher;
  readonly #templates: TemplateReader;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners: ((active: ActiveConfig) => void)[] = [];

  private constructor(first: Read, hashPassword: PasswordHasher, templates: TemplateReader) {
    this.#written = first;
    this.#inForce = { active: new ActiveConfig(first.config), templates: first.templates };
    this.hashPassword = hashPassword;
    this.#templates = templates;
  }

  /** Reads the config and its templates; `builtIn`: the folder of the program's own. Throws ConfigInvalid, or what templates throw. */
  static async open(path: string, builtIn = builtInTemplates()): Promise<LiveConfig> {
    const hashPassword = createPasswordHasher();
    const templates = new TemplateReader(builtIn);
    return new LiveConfig(await read(path, hashPassword, templates), hashPassword, templates);
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

  /** Called with each new configuration, once it is in force. */
  onChange(listener: (active: ActiveConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the file again and puts it in force. Throws as `open` does, and the old one stays. */
  async reload(): Promise<ApiReload> {
    return this.#inTurn(async () =>
      this.#replace(await read(this.active.config.path, this.hashPassword, this.#templates)),
    );
  }

  /** Puts a config in force that was read elsewhere. Throws what templates throw, and the old one stays. */
  async take(config: Config): Promise<ApiReload> {
    return this.#inTurn(async () => this.#replace(await withTemplates(config, this.#templates)));
  }

  #replace(next: Read): ApiReload {
    const { config } = this.#inForce.active;
    const changes = configChanges({ ...this.#written, open: config }, next);
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

async function read(path: string, hashPassword: PasswordHasher, templates: TemplateReader): Promise<Read> {
  const loaded = await loadConfig(path, { hashPassword });
  if (!loaded.ok) throw new ConfigInvalid(path, loaded.problems);
  return withTemplates(loaded.config, templates);
}

async function withTemplates(config: Config, templates: TemplateReader): Promise<Read> {
  return { config, templates: await templates.load(config.templates) };
}
