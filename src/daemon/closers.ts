/** Closes what was opened, in the opposite order, each thing once. */
export class Closers {
  readonly #closers: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];

  add(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  /**
   * Closes everything, also when something cannot be closed, and then throws an AggregateError of what could not. May
   * be called again: the second time there is nothing left to do.
   */
  async closeAll(): Promise<void> {
    const failures: Error[] = [];
    for (let next = this.#closers.pop(); next !== undefined; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        failures.push(new Error(`${next.name} could not be closed`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
  }
}
