import Fastify, { type FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adminOnly } from "../../../src/http/admin-auth.ts";
import { errorReply } from "../../../src/http/errors.ts";
import { ReadinessCheck } from "../../../src/http/health.ts";
import { type AnsweredRequest, observeRequests } from "../../../src/http/observe-requests.ts";
import { healthRoutes } from "../../../src/http/routes/health.ts";
import { metricsRoutes } from "../../../src/http/routes/metrics.ts";
import { Sessions } from "../../../src/http/session.ts";

let app: FastifyInstance;
let answered: AnsweredRequest[];
let writes = 0;
let full = false;
let listening = true;
let now = 0;

const readiness = () =>
  new ReadinessCheck({
    probeStore: () => {
      writes += 1;
      if (full) throw new Error("/var/lib/bootwire/state.db: disk full");
    },
    listening: () => listening,
    now: () => now,
  });

async function start(open: boolean): Promise<void> {
  app = Fastify();
  app.setErrorHandler((error, request, reply) =>
    errorReply(pino({ level: "silent" }), error, request, reply),
  );
  const admit = adminOnly(new Sessions({ token: "sesame", now: () => now, id: () => "id" }));
  const check = readiness();
  healthRoutes(app, () => check.look());
  metricsRoutes(
    app,
    { contentType: "text/plain", render: async () => "x_total 1\n" },
    open ? undefined : admit,
  );
  answered = [];
  observeRequests(app, (request) => answered.push(request));
  await app.ready();
}

beforeEach(() => {
  [writes, full, listening, now] = [0, false, true, 1000];
  return start(false);
});

afterEach(() => app.close());

test("health and readiness need no token, metrics do", async () => {
  expect((await app.inject("/healthz")).statusCode).toBe(200);
  expect((await app.inject("/readyz")).json()).toEqual({
    ready: true,
    checks: { store: true, sockets: true },
  });
  expect((await app.inject("/metrics")).statusCode).toBe(401);
});

test("without room for the state it is not ready, and says no more than that", async () => {
  full = true;
  const found = await app.inject("/readyz");
  expect(found.statusCode).toBe(503);
  expect(found.json()).toEqual({ ready: false, checks: { store: false, sockets: true } });
  expect(found.body).not.toContain("state.db");
});

test("it is not ready before everything listens", async () => {
  listening = false;
  expect((await app.inject("/readyz")).statusCode).toBe(503);
  listening = true;
  now += 1000;
  expect((await app.inject("/readyz")).statusCode).toBe(200);
});

test("whoever asks a thousand times costs one write", async () => {
  for (let i = 0; i < 1000; i++) await app.inject("/readyz");
  expect(writes).toBe(1);
});

test("metrics are for admins, or open where the config says so", async () => {
  const authorization = "Bearer sesame";
  expect((await app.inject({ url: "/metrics", headers: { authorization } })).body).toBe("x_total 1\n");
  await app.close();
  await start(true);
  expect((await app.inject("/metrics")).body).toBe("x_total 1\n");
});

test("requests are told by their route, not their path", async () => {
  await app.inject("/metrics");
  await app.inject("/../../etc/passwd");
  expect(answered).toMatchObject([
    { method: "GET", route: "/metrics", status: 401 },
    { method: "GET", route: "none", status: 404 },
  ]);
  expect(answered[0]?.seconds).toBeGreaterThanOrEqual(0);
});
