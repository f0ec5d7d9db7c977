import { Counter, Histogram, type Registry } from "prom-client";

/** A request that was answered. */
export interface ServedRequest {
  readonly app: "boot" | "admin";
  readonly method: string;
  /** The route's pattern, never the path: paths are without number. `none`: there is no such route. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** From a boot script to an ISO over a slow wire, in seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300];

/** Counts HTTP requests, and the bytes of files that were fetched. */
export class HttpMetrics {
  readonly #requests: Counter<"app" | "method" | "route" | "status">;
  readonly #durations: Histogram<"app">;
  readonly #bytes: Counter<"folder">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: "bootwire_http_requests_total",
      help: "HTTP requests that were answered.",
      labelNames: ["app", "method", "route", "status"],
      registers,
    });
    this.#durations = new Histogram({
      name: "bootwire_http_request_duration_seconds",
      help: "From the head of a request to the end of its answer.",
      labelNames: ["app"],
      buckets: DURATIONS,
      registers,
    });
    this.#bytes = new Counter({
      name: "bootwire_http_sent_bytes_total",
      help: "Bytes of files that were fetched over HTTP, by folder.",
      labelNames: ["folder"],
      registers,
    });
  }

  served({ app, method, route, status, seconds }: ServedRequest): void {
    this.#requests.inc({ app, method, route, status });
    this.#durations.observe({ app }, seconds);
  }

  /** A download ended; `path` is `media/…` or `assets/…`. */
  downloaded(path: string, bytes: number): void {
    this.#bytes.inc({ folder: path.slice(0, Math.max(0, path.indexOf("/"))) }, bytes);
  }
}
