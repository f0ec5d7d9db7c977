import { Counter, Gauge, type Registry } from "prom-client";
import type { HookConfig } from "../config/model.ts";
import type { Outcome } from "../hooks/queue.ts";

/** Posts to hooks. */
export class HookMetrics {
  readonly #posts: Counter<"url" | "outcome">;

  constructor(
    registry: Registry,
    waiting: () => readonly { readonly url: string; readonly count: number }[],
  ) {
    const registers = [registry];
    this.#posts = new Counter({
      name: "bootwire_hook_posts_total",
      help: "Posts to hooks: delivered, failed (and tried again for some time), or refused for good.",
      labelNames: ["url", "outcome"],
      registers,
    });
    new Gauge({
      name: "bootwire_hook_events_waiting",
      help: "Events that wait for a hook.",
      labelNames: ["url"],
      registers,
      collect() {
        this.reset();
        for (const { url, count } of waiting()) this.inc({ url: shownUrl(url) }, count);
      },
    });
  }

  onOutcome(hook: HookConfig, outcome: Outcome): void {
    this.#posts.inc({ url: shownUrl(hook.url), outcome: outcome.kind });
  }
}

/** Where a hook goes, without what may be secret in it: chat systems put their key into the path. */
export function shownUrl(url: string): string {
  return new URL(url).origin;
}
