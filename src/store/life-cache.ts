import type { Life } from "../machines/model.ts";

/** Where the lives are read from. */
export interface LifeSource {
  byName(name: string): Life | undefined;
  /** Every machine with a record. */
  all(): readonly Life[];
}

/**
 * The machines' lives as they are stored, kept in memory: each packet, each call home and each list of the dashboard asks
 * for them, and one process alone writes them. Whoever writes says whose have changed; those are read again when they are
 * next asked for, so that what is answered is always what is stored.
 */
export class LifeCache {
  readonly #source: LifeSource;
  #lives: Map<string, Life> | undefined;
  /** Names whose lives are to be read again. */
  readonly #stale = new Set<string>();

  constructor(source: LifeSource) {
    this.#source = source;
  }

  byName(name: string): Life | undefined {
    const lives = this.#whole();
    if (this.#stale.delete(name)) this.#read(lives, name);
    return lives.get(name);
  }

  /** In no order. */
  all(): readonly Life[] {
    const lives = this.#whole();
    for (const name of this.#stale) this.#read(lives, name);
    this.#stale.clear();
    return [...lives.values()];
  }

  /** This machine's life was written. */
  changed(name: string): void {
    this.#stale.add(name);
  }

  /** Any of them may have been written, or be called something else. */
  forget(): void {
    this.#lives = undefined;
    this.#stale.clear();
  }

  #whole(): Map<string, Life> {
    this.#lives ??= new Map(this.#source.all().map((life) => [life.record.name, life]));
    return this.#lives;
  }

  #read(lives: Map<string, Life>, name: string): void {
    const life = this.#source.byName(name);
    if (life) lives.set(name, life);
    else lives.delete(name);
  }
}
