import { isDeepStrictEqual } from "node:util";
import type { HookConfig } from "../config/model.ts";
import { bodyOf, type HookEvent } from "./event.ts";
import { HookQueue, type News, type Outcome, QUEUE_LIMITS, type QueueLimits, type Waiting } from "./queue.ts";

/** What a post is made of. */
export interface HookPost {
  readonly hook: HookConfig;
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface HooksParts {
  /** Posts, and never rejects. */
  readonly post: (post: HookPost) => Promise<Outcome>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Runs `action` once, unless the returned function is called before. */
  readonly schedule: (action: () => void, milliseconds: number) => () => void;
  readonly observer: HooksObserver;
  readonly limits?: QueueLimits;
}

export interface HooksObserver {
  /** A post has ended. */
  onOutcome(hook: HookConfig, outcome: Outcome): void;
  /** Events begin to be lost, or arrive again. */
  onNews(hook: HookConfig, news: News): void;
}

interface Post {
  readonly id: string;
  readonly event: string;
  readonly body: string;
}

/** Tells receivers of events, each in order and at its own pace. Nobody waits for them. */
export class Hooks {
  readonly #parts: HooksParts;
  #lines: readonly Line[] = [];

  constructor(parts: HooksParts) {
    this.#parts = parts;
  }

  /** Takes the hooks of a new configuration. What waits for a hook that stays as it is goes on waiting. */
  configure(hooks: readonly HookConfig[]): void {
    const before = [...this.#lines];
    this.#lines = hooks.map((hook) => {
      const at = before.findIndex((line) => isDeepStrictEqual(line.hook, hook));
      return before.splice(at, at < 0 ? 0 : 1)[0] ?? new Line(hook, this.#parts);
    });
    for (const line of before) line.close();
  }

  /** Something happened. Returns at once. */
  tell(told: HookEvent): void {
    let post: Post | undefined;
    for (const line of this.#lines) {
      if (line.hook.events && !line.hook.events.includes(told.event)) continue;
      if (!post) {
        const id = this.#parts.newId();
        post = { id, event: told.event, body: bodyOf(id, told) };
      }
      line.push(post);
    }
  }

  /** Events that wait, by the address of their receiver. */
  waiting(): readonly { readonly url: string; readonly count: number }[] {
    return this.#lines.map((line) => ({ url: line.hook.url, count: line.length }));
  }

  /** Ends what is under way and forgets what waits. */
  close(): void {
    for (const line of this.#lines) line.close();
    this.#lines = [];
  }
}

/** One receiver, and what waits for it. */
class Line {
  readonly hook: HookConfig;
  readonly #parts: HooksParts;
  readonly #queue: HookQueue<Post>;
  readonly #closing = new AbortController();
  #isPosting = false;
  #cancelWait: (() => void) | undefined;

  constructor(hook: HookConfig, parts: HooksParts) {
    this.hook = hook;
    this.#parts = parts;
    this.#queue = new HookQueue(parts.limits ?? QUEUE_LIMITS);
  }

  get length(): number {
    return this.#queue.length;
  }

  push(post: Post): void {
    this.#tell(this.#queue.push(post, this.#parts.now()));
    this.#go();
  }

  close(): void {
    this.#closing.abort();
    this.#cancelWait?.();
  }

  #go(): void {
    if (this.#isPosting || this.#closing.signal.aborted) return;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    const now = this.#parts.now();
    const { next, news } = this.#queue.next(now);
    this.#tell(news);
    switch (next.kind) {
      case "idle":
        return;
      case "wait":
        this.#cancelWait = this.#parts.schedule(() => this.#go(), next.until - now);
        return;
      case "post":
        this.#isPosting = true;
        void this.#post(next.waiting);
    }
  }

  async #post(waiting: Waiting<Post>): Promise<void> {
    const { signal } = this.#closing;
    const outcome = await this.#parts.post({ hook: this.hook, ...waiting.what, signal });
    this.#isPosting = false;
    if (signal.aborted) return;
    this.#parts.observer.onOutcome(this.hook, outcome);
    this.#tell(this.#queue.ended(waiting, outcome, this.#parts.now()));
    this.#go();
  }

  #tell(news: News | undefined): void {
    if (news) this.#parts.observer.onNews(this.hook, news);
  }
}
