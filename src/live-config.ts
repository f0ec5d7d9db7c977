import type { ApiReload } from "./api-types.ts";
import { ActiveConfig } from "./config/active-config.ts";
import { ConfigInvalid } from "./config/config-invalid.ts";
import { loadConfig } from "./config/load.ts";
import type { Config } from "./config/model.ts";
import { createPasswordHasher, type PasswordHasher } from "./config/passwords.ts";
import { configChanges } from "./config-changes.ts";
import { builtInTemplates, loadTemplates, type Templates } from "./templates/templates.ts";

/** A configuration and the templates that go with it: they change together. */
interface Current {
  readonly active: ActiveConfig;
  readonly templates: Templates;
}

/** The configuration in force. It is replaced as a whole, or not at all. */
export class LiveConfig {
  #current: Current;
  /** One for all loads, so that reading a config again does not change the hashes of plain passwords. */
  readonly hashPassword: PasswordHasher;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners: ((active: ActiveConfig) => void)[] = [];

  private constructor(current: Current, hashPassword: PasswordHasher) {
    this.#current = current;
    this.hashPassword = hashPassword;
  }

  /** Reads the config and its templates. Throws ConfigInvalid, or what templates throw. */
  static async open(path: string): Promise<LiveConfig> {
    const hashPassword = createPasswordHasher();
    return new LiveConfig(await read(path, hashPassword), hashPassword);
  }

  get active(): ActiveConfig {
    return this.#current.active;
  }

  get templates(): Templates {
    return this.#current.templates;
  }

  /** Called with each new configuration, once it is in force. */
  onChange(listener: (active: ActiveConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the file again and puts it in force. Throws as `open` does, and the old one stays. */
  async reload(): Promise<ApiReload> {
    return this.#inTurn(async () => this.#replace(await read(this.active.config.path, this.hashPassword)));
  }

  /** Puts a config in force that was read elsewhere. Throws what templates throw, and the old one stays. */
  async take(config: Config): Promise<ApiReload> {
    return this.#inTurn(async () => this.#replace(await withTemplates(config)));
  }

  #replace(next: Current): ApiReload {
    const changes = configChanges(this.active.config, next.active.config);
    this.#current = next;
    for (const listener of this.#listeners) listener(next.active);
    return changes;
  }

  /** One change after the other: the one that was asked for last is the one that stays. */
  #inTurn(change: () => Promise<ApiReload>): Promise<ApiReload> {
    const result = this.#turn.then(change, change);
    this.#turn = result;
    return result;
  }
}

async function read(path: string, hashPassword: PasswordHasher): Promise<Current> {
  const loaded = await loadConfig(path, { hashPassword });
  if (!loaded.ok) throw new ConfigInvalid(path, loaded.problems);
  return withTemplates(loaded.config);
}

async function withTemplates(config: Config): Promise<Current> {
  const templates = await loadTemplates(builtInTemplates(), config.templates);
  return { active: new ActiveConfig(config), templates };
}
