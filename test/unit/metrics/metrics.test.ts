import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HookConfig } from "../../../src/config/model.ts";
import { poolUse } from "../../../src/dhcp/pool-use.ts";
import type { Lease } from "../../../src/dhcp/ports.ts";
import type { Subnet } from "../../../src/dhcp/subnet.ts";
import { Metrics } from "../../../src/metrics/metrics.ts";
import { parseCidr, parseIpv4 } from "../../../src/net/ipv4.ts";
import { Tally } from "../../../src/tftp/counters.ts";
import type { TftpEvent, TransferStats } from "../../../src/tftp/source.ts";
import { namesInQuery, queriesOf, readMetrics } from "../../support/metrics-text.ts";
import { Lab } from "../machines/lab.ts";
import { host, imageProfile, mac } from "../support/config.ts";

const WEB1 = host({ profile: imageProfile({}) });
const DB1 = host({ name: "db1", mac: mac("52:54:00:12:34:57"), profile: imageProfile({ name: "db" }) });

let lab: Lab;
let metrics: Metrics;
let tally: Tally;

beforeEach(async () => {
  lab = await Lab.create([WEB1, DB1]);
  tally = new Tally();
  metrics = new Metrics({
    tftp: () => tally.read(4),
    syslog: () => ({ taken: 5, malformed: 1, limited: 2 }),
    hooksWaiting: () => [
      { url: "https://hooks.example.org/services/key?secret=1", count: 3 },
      { url: "https://hooks.example.org/other", count: 1 },
    ],
    version: "1.2.3",
    now: 1_000_000,
    machines: lab.machines,
    dhcp: {
      leaseCount: 3,
      counters: () => [
        { message: "discover", outcome: "offer", code: "ok", count: 7 },
        { message: "any", outcome: "silent", code: "rate-limited", count: 2 },
      ],
      poolUse: () => [{ subnet: "10.0.0.0/24", addresses: 100, inUse: 2 }],
    },
  });
  lab.machines.subscribe((event) => metrics.machines.onEvent(event));
});

afterEach(() => lab.dispose());

async function samples(): Promise<ReadonlyMap<string, number>> {
  return readMetrics(await metrics.render()).samples;
}

test.each([1, 2])("DHCP messages and pools, asked for the %d. time", async (times) => {
  for (let i = 1; i < times; i++) await samples();
  const found = await samples();
  expect(found.get('bootwire_dhcp_messages_total{message="discover",outcome="offer",reason="ok"}')).toBe(7);
  expect(
    found.get('bootwire_dhcp_messages_total{message="any",outcome="silent",reason="rate-limited"}'),
  ).toBe(2);
  expect(found.get("bootwire_dhcp_leases")).toBe(3);
  expect(found.get('bootwire_dhcp_pool_addresses{subnet="10.0.0.0/24"}')).toBe(100);
  expect(found.get('bootwire_dhcp_pool_addresses_in_use{subnet="10.0.0.0/24"}')).toBe(2);
});

test("an install is counted from its boot script to its end, by profile and outcome", async () => {
  const began = lab.machines.networkBoot(WEB1, "bios");
  if (began.kind !== "install") throw new Error(began.reason);
  expect((await samples()).get('bootwire_machines{state="installing"}')).toBe(1);

  lab.now += 90_000;
  lab.machines.callback(began.attempt.token, { kind: "done" });
  const failing = lab.machines.networkBoot(DB1, "uefi");
  if (failing.kind !== "install") throw new Error(failing.reason);
  lab.machines.callback(failing.attempt.token, { kind: "failed", reason: "no disk", log: undefined });

  const found = await samples();
  expect(found.get('bootwire_machines{state="ready"}')).toBe(0);
  expect(found.get('bootwire_machines{state="installed"}')).toBe(1);
  expect(found.get('bootwire_machines{state="failed"}')).toBe(1);
  expect(found.get('bootwire_attempts_began_total{profile="golden"}')).toBe(1);
  expect(found.get('bootwire_attempts_ended_total{profile="golden",outcome="done"}')).toBe(1);
  expect(found.get('bootwire_attempts_ended_total{profile="db",outcome="failed"}')).toBe(1);
  expect(found.get('bootwire_attempt_duration_seconds_sum{outcome="done"}')).toBe(90);
  expect(found.get("bootwire_state_guarded")).toBe(0);
});

test("a machine that is cancelled in the middle counts so", async () => {
  lab.machines.networkBoot(WEB1, "bios");
  lab.machines.local(WEB1.name);
  expect((await samples()).get('bootwire_attempts_ended_total{profile="golden",outcome="cancelled"}')).toBe(
    1,
  );
});

test("TFTP: what runs, what was sent, how it ended", async () => {
  const stats: TransferStats = { bytes: 1000, blocks: 2, retransmissions: 1, milliseconds: 250 };
  const client = { address: "10.0.0.5", port: 2000 };
  const transfer = { filename: "undionly.kpxe", client, size: 1000, blockSize: 512, windowSize: 1 };
  const completed: TftpEvent = { kind: "completed", transfer, stats };
  tally.request();
  tally.note(completed);
  tally.note({ kind: "failed", transfer, stats: { ...stats, bytes: 0, blocks: 0 }, reason: "lost" });
  tally.note({ kind: "refused", filename: "x", client, code: 1, cause: "not-found", reason: "not found" });
  metrics.tftp.onEvent(completed);
  const found = await samples();
  expect(found.get("bootwire_tftp_transfers_running")).toBe(4);
  expect(found.get("bootwire_tftp_requests_total")).toBe(1);
  expect(found.get('bootwire_tftp_sent_bytes_total{outcome="completed"}')).toBe(1000);
  expect(found.get('bootwire_tftp_sent_blocks_total{outcome="completed"}')).toBe(2);
  expect(found.get('bootwire_tftp_retransmissions_total{outcome="failed"}')).toBe(1);
  expect(found.get('bootwire_tftp_transfers_total{outcome="completed"}')).toBe(1);
  expect(found.get('bootwire_tftp_refusals_total{cause="not-found"}')).toBe(1);
  expect(found.get("bootwire_tftp_transfer_duration_seconds_sum")).toBe(0.25);
});

test("syslog by outcome", async () => {
  const found = await samples();
  expect(found.get('bootwire_syslog_lines_total{outcome="taken"}')).toBe(5);
  expect(found.get('bootwire_syslog_lines_total{outcome="malformed"}')).toBe(1);
  expect(found.get('bootwire_syslog_lines_total{outcome="limited"}')).toBe(2);
});

test("hooks by receiver, without what may be secret in their URL", async () => {
  const hook: HookConfig = {
    url: "https://hooks.example.org/services/key?secret=1",
    events: undefined,
    secret: { kind: "text", text: "the secret" },
    timeout: 10,
  };
  metrics.hooks.onOutcome(hook, { kind: "delivered" });
  const text = await metrics.render();
  const found = readMetrics(text).samples;
  const url = 'url="https://hooks.example.org"';
  expect(found.get(`bootwire_hook_posts_total{${url},outcome="delivered"}`)).toBe(1);
  expect(found.get(`bootwire_hook_events_waiting{${url}}`)).toBe(4);
  expect(text).not.toMatch(/services|secret/);
});

test("the config's generation, and whether the latest change was taken up", async () => {
  metrics.config.refused();
  expect((await samples()).get("bootwire_config_last_reload_successful")).toBe(0);
  metrics.config.inForce(2_000_000);
  const found = await samples();
  expect(found.get("bootwire_config_generation")).toBe(2);
  expect(found.get("bootwire_config_last_reload_successful")).toBe(1);
  expect(found.get("bootwire_config_last_reload_success_timestamp_seconds")).toBe(2000);
});

describe("names", () => {
  test("keep to Prometheus' conventions", async () => {
    const text = await metrics.render();
    const { types } = readMetrics(text);
    for (const [name, type] of types) {
      if (!name.startsWith("bootwire_")) continue;
      expect(name).toMatch(/^bootwire_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
      expect(text).toMatch(new RegExp(`^# HELP ${name} [A-Z0-9].*\\.$`, "m"));
    }
    expect(types.size).toBeGreaterThan(40);
  });

  test("two daemons in one process count apart", async () => {
    const other = new Metrics({
      version: "1",
      now: 0,
      machines: lab.machines,
      dhcp: undefined,
      tftp: () => tally.read(0),
      syslog: undefined,
      hooksWaiting: () => [],
    });
    metrics.http.downloaded("media/a.img", 5);
    expect(
      readMetrics(await other.render()).samples.get('bootwire_http_sent_bytes_total{folder="media"}'),
    ).toBe(undefined);
    expect((await samples()).get('bootwire_http_sent_bytes_total{folder="media"}')).toBe(5);
  });

  test("every query of the Grafana dashboard names a metric that there is", async () => {
    const { names } = readMetrics(await metrics.render());
    const queries = queriesOf(JSON.parse(readFileSync("docker/grafana-dashboard.json", "utf8")));
    const used = queries.flatMap(namesInQuery);
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });
});

test("a pool's use: what is leased or found taken now, within the ranges", () => {
  const ip = (text: string) => parseIpv4(text) ?? expect.fail(text);
  const subnet: Subnet = {
    cidr: parseCidr("10.0.0.0/24") ?? expect.fail(),
    pool: [
      { first: ip("10.0.0.10"), last: ip("10.0.0.19") },
      { first: ip("10.0.0.30"), last: ip("10.0.0.30") },
    ],
    router: undefined,
    dns: [],
    domain: undefined,
    leaseTime: 60,
    options: new Map(),
  };
  const lease = (address: string, state: Lease["state"], expiresAt: number): Lease => ({
    address: ip(address),
    mac: WEB1.mac,
    clientId: undefined,
    hostName: undefined,
    state,
    expiresAt,
    updatedAt: 0,
  });
  const leases = [
    lease("10.0.0.10", "bound", 200),
    lease("10.0.0.11", "bound", 100),
    lease("10.0.0.12", "released", 200),
    lease("10.0.0.30", "declined", 200),
    lease("10.0.0.99", "bound", 200),
  ];
  expect(poolUse([subnet], leases, 100)).toEqual([{ subnet: "10.0.0.0/24", addresses: 11, inUse: 2 }]);
});
