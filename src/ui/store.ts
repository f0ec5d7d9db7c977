import type { ApiChanged, ApiEvent, ApiMachine, ApiStatus, ApiTransfers, ApiUnknown } from "../api-types.ts";

export type Topic = ApiChanged["what"][number];
export type Transfer = ApiTransfers["transfers"][number];
export type Throughput = ApiTransfers["throughput"];

export interface State {
  /** `checking`: not known yet. */
  readonly session: "checking" | "out" | "in";
  readonly connection: "connecting" | "live" | "lost";
  readonly status: ApiStatus | undefined;
  /** In the config's order; undefined: not loaded yet. */
  readonly machines: readonly ApiMachine[] | undefined;
  readonly transfers: readonly Transfer[];
  readonly throughput: Throughput | undefined;
  readonly unknown: ApiUnknown["machines"] | undefined;
  /** Counts up when what a page may show is to be asked for again. */
  readonly versions: Readonly<Record<Topic, number>>;
  /** What is said to those who cannot see it. */
  readonly announcement: string;
}

const EMPTY: State = {
  session: "checking",
  connection: "connecting",
  status: undefined,
  machines: undefined,
  transfers: [],
  throughput: undefined,
  unknown: undefined,
  versions: { config: 0, status: 0, unknown: 0, leases: 0, events: 0 },
  announcement: "",
};

/** What the dashboard knows, and who wants to hear when that changes. */
export class Store {
  #state = EMPTY;
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: ApiEvent) => void>();

  get state(): State {
    return this.#state;
  }

  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` with each event of the timeline as it happens. */
  onEvent(listener: (event: ApiEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => void this.#eventListeners.delete(listener);
  }

  happened(event: ApiEvent): void {
    for (const listener of this.#eventListeners) listener(event);
  }

  /** Takes up machines that have changed, and says so. */
  changed(machines: readonly ApiMachine[]): void {
    const byName = new Map(machines.map((machine) => [machine.name, machine]));
    const before = this.#state.machines ?? [];
    const said = before.flatMap((old) => {
      const now = byName.get(old.name);
      return now && now.state !== old.state ? [`${now.name}: ${now.state}`] : [];
    });
    this.set({
      machines: before.map((old) => byName.get(old.name) ?? old),
      ...(said.length > 0 && {
        // A whole lab that changes is not read out one by one.
        announcement: said.length > 3 ? `${said.length} machines have changed` : said.join(", "),
      }),
    });
  }

  outdated(topics: readonly Topic[]): void {
    const versions = { ...this.#state.versions };
    for (const topic of topics) versions[topic] += 1;
    this.set({ versions });
  }
}

/** The newest steps of throughput put behind what is known already; steps between that nobody told of were quiet. */
export function joined(known: Throughput | undefined, newest: Throughput): Throughput {
  if (!known || known.step !== newest.step) return newest;
  const length = known.http.length;
  const gap = Math.round((newest.until - known.until) / known.step) - newest.http.length;
  const join = (old: readonly number[], fresh: readonly number[]) => {
    const kept = gap >= 0 ? [...old, ...Array<number>(Math.min(gap, length)).fill(0)] : old.slice(0, gap);
    return [...kept, ...fresh].slice(-length);
  };
  return { ...newest, tftp: join(known.tftp, newest.tftp), http: join(known.http, newest.http) };
}
