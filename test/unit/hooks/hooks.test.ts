import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HookConfig } from "../../../src/config/model.ts";
import { type HookEvent, hookEventOf } from "../../../src/hooks/event.ts";
import { Hooks, type HooksObserver } from "../../../src/hooks/hooks.ts";
import { postHook } from "../../../src/hooks/post-shell.ts";
import type { News, QueueLimits } from "../../../src/hooks/queue.ts";
import { verify } from "../../../src/hooks/signature.ts";
import { systemSchedule } from "../../../src/machines/shell.ts";
import { mac } from "../support/config.ts";

const SECRET = "a secret of the test's";
const DONE: HookEvent = {
  event: "attempt.done",
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  machine: "web-1",
  mac: mac("52:54:00:12:34:56"),
  attempt: "a1",
  address: undefined,
  text: "installed after 93 s",
  data: { seconds: 93 },
};

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver whose answers the test chooses: a status, or none at all. */
class Receiver {
  readonly received: Received[] = [];
  readonly #answers: (number | "silence")[];
  readonly #server: Server;
  readonly #waiters: { readonly count: number; readonly resolve: () => void }[] = [];
  url = "";

  constructor(answers: readonly (number | "silence")[]) {
    this.#answers = [...answers];
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        this.received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
        const answer = this.#answers.shift() ?? 200;
        if (answer !== "silence") {
          response.writeHead(answer, { location: "/elsewhere" }).end("x".repeat(100_000));
        }
        for (const { count, resolve } of this.#waiters) if (this.received.length >= count) resolve();
      });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    this.url = `http://127.0.0.1:${address.port}/hook`;
  }

  /** Resolves when so many posts have come. */
  posts(count: number): Promise<void> {
    if (this.received.length >= count) return Promise.resolve();
    return new Promise((resolve) => void this.#waiters.push({ count, resolve }));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const QUICK: QueueLimits = { length: 100, age: 60_000, firstWait: 5, longestWait: 20 };

let open: (Receiver | Hooks)[] = [];

beforeEach(() => {
  open = [];
});

afterEach(() => {
  for (const one of open) one.close();
});

async function receiver(...answers: readonly (number | "silence")[]): Promise<Receiver> {
  const made = new Receiver(answers);
  open.push(made);
  await made.open();
  return made;
}

function hookTo(url: string, more: Partial<HookConfig> = {}): HookConfig {
  return { url, events: undefined, secret: { kind: "text", text: SECRET }, timeout: 5, ...more };
}

function hooksFor(
  hooks: readonly HookConfig[],
  observer: Partial<HooksObserver> = {},
  limits = QUICK,
): Hooks {
  let id = 0;
  const made = new Hooks({
    post: postHook,
    now: () => Date.now(),
    newId: () => `id-${++id}`,
    schedule: systemSchedule,
    observer: { onOutcome: () => undefined, onNews: () => undefined, ...observer },
    limits,
  });
  made.configure(hooks);
  open.push(made);
  return made;
}

describe("a real receiver", () => {
  test("that fails first gets the same post again, signed anew, until it takes it; then the next one", async () => {
    const there = await receiver(503, 500);
    const hooks = hooksFor([hookTo(there.url)]);
    hooks.tell(DONE);
    hooks.tell({ ...DONE, event: "machine.booted" });
    await there.posts(4);
    expect(there.received.map(({ headers }) => headers["bootwire-delivery"])).toEqual([
      "id-1",
      "id-1",
      "id-1",
      "id-2",
    ]);
    const [first] = there.received;
    expect(JSON.parse(first?.body ?? "")).toEqual({
      id: "id-1",
      event: "attempt.done",
      at: "2026-01-02T03:04:05.000Z",
      machine: "web-1",
      mac: "52:54:00:12:34:56",
      attempt: "a1",
      address: null,
      text: "installed after 93 s",
      data: { seconds: 93 },
    });
    for (const { headers, body } of there.received) {
      const clock = { seconds: Math.floor(Date.now() / 1000), tolerance: 300 };
      expect(verify(SECRET, String(headers["bootwire-signature"]), body, clock)).toBe(true);
      expect(headers["content-type"]).toBe("application/json");
    }
  });

  test("that never answers is left at the time-out, and asked again", async () => {
    const there = await receiver("silence");
    const outcomes: string[] = [];
    const hooks = hooksFor([hookTo(there.url, { timeout: 0.05 })], {
      onOutcome: (_hook, outcome) => outcomes.push(outcome.kind === "failed" ? outcome.reason : outcome.kind),
    });
    hooks.tell(DONE);
    await there.posts(2);
    expect(outcomes[0]).toBe("no answer within 0.05 s");
  });

  test.each([404, 302])("that answers %d is not asked again, and is named once", async (status) => {
    const there = await receiver(status, status, 200);
    const news: News[] = [];
    const hooks = hooksFor([hookTo(there.url)], { onNews: (_hook, one) => void news.push(one) });
    for (let i = 0; i < 3; i++) hooks.tell(DONE);
    await there.posts(3);
    await expect.poll(() => news.map((one) => one.kind)).toEqual(["dead", "recovered"]);
    expect(news[1]).toEqual({ kind: "recovered", lost: 2 });
  });

  test("that is not there costs nobody anything: the others get theirs, and telling never waits", async () => {
    const gone = await receiver();
    gone.close();
    const there = await receiver();
    const news: News[] = [];
    const hooks = hooksFor(
      [hookTo(gone.url), hookTo(there.url)],
      { onNews: (_hook, one) => void news.push(one) },
      { ...QUICK, length: 10 },
    );
    for (let i = 0; i < 100; i++) hooks.tell(DONE);
    await there.posts(1);
    expect(hooks.waiting()[0]?.count).toBe(10);
    expect(news.filter((one) => one.kind === "dead").length).toBeGreaterThan(0);
  });

  test("gets what it asked for", async () => {
    const there = await receiver();
    const hooks = hooksFor([hookTo(there.url, { events: ["attempt.failed"] })]);
    hooks.tell(DONE);
    hooks.tell({ ...DONE, event: "attempt.failed" });
    await there.posts(1);
    expect(there.received.map(({ headers }) => headers["bootwire-event"])).toEqual(["attempt.failed"]);
  });

  test("is told of nothing more once its hook has left the config; a hook that stays keeps what waits", async () => {
    const [first, second] = [await receiver(503), await receiver()];
    const hooks = hooksFor([hookTo(first.url)]);
    hooks.tell(DONE);
    await first.posts(1);
    hooks.configure([hookTo(second.url), hookTo(first.url)]);
    await first.posts(2);
    hooks.configure([hookTo(second.url)]);
    hooks.tell(DONE);
    await second.posts(1);
    expect(first.received).toHaveLength(2);
  });
});

describe("the secret in a file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "bootwire-hook-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("is read for each post: it may come later, and may change", async () => {
    const path = join(folder, "secret");
    const there = await receiver();
    const hooks = hooksFor([hookTo(there.url, { secret: { kind: "file", path } })], {
      onOutcome: (_hook, outcome) => {
        if (outcome.kind === "failed") writeFileSync(path, "from the file\n");
      },
    });
    hooks.tell(DONE);
    await there.posts(1);
    const [post] = there.received;
    const [, time, signature] = /^t=(\d+),v1=(.*)$/.exec(String(post?.headers["bootwire-signature"])) ?? [];
    // As a receiver would, with its own HMAC.
    const own = createHmac("sha256", "from the file").update(`${time}.${post?.body}`).digest("hex");
    expect(signature).toBe(own);
  });
});

test.each<[string, string, number, boolean]>([
  ["as it was sent", "body", 1000, true],
  ["with another body", "bodY", 1000, false],
  ["five minutes late", "body", 1300, true],
  ["later than that", "body", 1301, false],
  ["from the future", "body", 600, false],
])("a signature holds %s: %s at %d is %s", async (_name, body, seconds, holds) => {
  const { sign } = await import("../../../src/hooks/signature.ts");
  expect(verify(SECRET, sign(SECRET, 1000, "body"), body, { seconds, tolerance: 300 })).toBe(holds);
  expect(
    verify("another secret", sign(SECRET, 1000, "body"), "body", { seconds: 1000, tolerance: 300 }),
  ).toBe(false);
  expect(verify(SECRET, "v1=00", "body", { seconds: 1000, tolerance: 300 })).toBe(false);
});

test.each<[string, string | undefined]>([
  ["attempt.done", "attempt.done"],
  ["machine.assumed", "machine.first-seen"],
  ["machine.stalled", "machine.stalled"],
  ["attempt.progress", undefined],
  ["dhcp.offer", undefined],
])("the timeline's %s is told as %s", (kind, told) => {
  const line = {
    id: 1,
    at: 0,
    mac: undefined,
    machine: "m",
    attempt: undefined,
    kind,
    text: "",
    data: undefined,
  };
  expect(hookEventOf(line)?.event).toBe(told);
});
