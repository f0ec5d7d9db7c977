import type { ApiChanged, ApiEvent, ApiMachines, ApiStatus, ApiTransfers, ApiUnknown } from "../api-types.ts";
import { ask, get, Refused } from "./api.ts";
import { joined, type Store } from "./store.ts";

/** How long to wait before a lost daemon is tried again, in milliseconds. */
const PAUSE = 3000;

/** Keeps the store up to date: asks for everything once, and then listens. */
export class Live {
  readonly #store: Store;
  #source: EventSource | undefined;
  #retry: number | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  start(): void {
    // A page that nobody sees needs no stream; a browser has few connections to spare for one server.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#stop();
      else if (this.#store.state.session === "in") void this.connect();
    });
    void this.connect();
  }

  /** Throws Refused. */
  async logIn(token: string): Promise<void> {
    await ask("POST", "/session", { token });
    await this.connect();
  }

  async logOut(): Promise<void> {
    this.#stop();
    await ask("DELETE", "/session").catch(() => undefined);
    this.#store.set({ session: "out" });
  }

  /** Asks who we are and for everything, then listens to what changes. */
  async connect(): Promise<void> {
    this.#stop();
    try {
      const status = await get<ApiStatus>("/status");
      this.#store.set({ session: "in", status });
      this.#listen();
    } catch (error) {
      this.#failed(error);
    }
  }

  #listen(): void {
    const source = new EventSource("/api/v1/live");
    this.#source = source;
    source.onopen = () => void this.#loadAll();
    source.onerror = () => {
      this.#store.set({ connection: "lost" });
      // The browser tries again by itself, unless the daemon has refused.
      if (source.readyState === EventSource.CLOSED) this.#tryAgain();
    };
    const on = <T>(name: string, take: (data: T) => void) => {
      source.addEventListener(name, (message) => {
        const data: T = JSON.parse(message.data);
        take(data);
      });
    };
    on<ApiEvent>("event", (event) => this.#store.happened(event));
    on<ApiMachines>("machines", ({ machines }) => this.#store.changed(machines));
    on<ApiTransfers>("transfers", ({ transfers, throughput }) => {
      this.#store.set({ transfers, throughput: joined(this.#store.state.throughput, throughput) });
    });
    on<ApiChanged>("changed", ({ what }) => {
      this.#store.outdated(what);
      void this.#reload(what);
    });
  }

  /** Everything that is always at hand; what single pages show they ask for themselves. */
  async #loadAll(): Promise<void> {
    this.#store.set({ connection: "live" });
    this.#store.outdated(["config", "leases", "events"]);
    await this.#try(async () => {
      const [status, { machines }, { transfers, throughput }, unknown] = await Promise.all([
        get<ApiStatus>("/status"),
        get<ApiMachines>("/machines"),
        get<ApiTransfers>("/transfers"),
        get<ApiUnknown>("/unknown"),
      ]);
      this.#store.set({ status, machines, transfers, throughput, unknown: unknown.machines });
    });
  }

  async #reload(what: ApiChanged["what"]): Promise<void> {
    await this.#try(async () => {
      if (what.includes("status") || what.includes("config")) {
        this.#store.set({ status: await get<ApiStatus>("/status") });
      }
      if (what.includes("config") || what.includes("status") || what.includes("events")) {
        this.#store.set({ machines: (await get<ApiMachines>("/machines")).machines });
      }
      if (what.includes("unknown") || what.includes("config")) {
        this.#store.set({ unknown: (await get<ApiUnknown>("/unknown")).machines });
      }
    });
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (error instanceof Refused && error.status === 401) {
      this.#stop();
      this.#store.set({ session: "out" });
    } else {
      this.#store.set({ connection: "lost" });
      this.#tryAgain();
    }
  }

  #tryAgain(): void {
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => void this.connect(), PAUSE);
  }

  #stop(): void {
    window.clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }
}
