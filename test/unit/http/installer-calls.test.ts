import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SeedTokens } from "../../../src/boot/seed-tokens.ts";
import { hostDirectory } from "../../../src/daemon/dhcp-settings.ts";
import { createBootApp } from "../../../src/http/boot-app.ts";
import { Catalogue } from "../../../src/media/catalogue.ts";
import { DigestIndex } from "../../../src/media/digest-index.ts";
import { ImagePreparer } from "../../../src/media/image-preparer.ts";
import { BootWorld, SERVER } from "../boot/boot-world.ts";
import { mac } from "../support/config.ts";

// Installers that speak in their own words, against the app that machines talk to, over HTTP.

const CONFIG = `
profiles:
  pve:
    installer: proxmox
    iso: pve.iso
    domain: lab.example
    users: [{name: root, passwordHash: '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2'}]
  noble: {installer: ubuntu, iso: ubuntu.iso}
hosts:
  - {name: pve-1, mac: "52:54:00:aa:00:01", otherMacs: "52:54:00:aa:00:11", profile: pve, disk: /dev/sda}
  - {name: web-1, mac: "52:54:00:aa:00:02", profile: noble}
`;

let world: BootWorld;
let app: FastifyInstance;
let base: string;

beforeAll(async () => {
  world = await BootWorld.create(CONFIG);

  for (const name of ["pve.iso", "ubuntu.iso"]) world.write(`media/${name}`, "an ISO");
  const media = () => world.live.active.config.media;
  const catalogue = new Catalogue({ path: () => undefined }, media);
  app = createBootApp({
    active: () => world.live.active,
    boot: world.boot,
    machines: world.lab.machines,
    catalogue,
    images: new ImagePreparer(catalogue, media, new DigestIndex(join(world.folder, "digests-2.json"))),
    seeds: new SeedTokens("secret"),
    log: pino({ level: "silent" }),
    onSeed: () => undefined,
    onScript: () => undefined,
    onTransfer: () => ({ progress: () => undefined, end: () => undefined }),
    onDownload: () => undefined,
  });
  base = await app.listen({ host: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await app.close();
  await world.dispose();
});

async function post(path: string, body: string, contentType?: string) {
  const headers = contentType === undefined ? undefined : { "content-type": contentType };
  // Bytes go without a content type, as curtin's do.
  const answer = await fetch(`${base}${path}`, {
    method: "POST",
    body: Buffer.from(body),
    ...(headers && { headers }),
  });
  return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.text() };
}

/** The token of a machine's install, which this network boot begins or goes on with. */
async function boot(card: string): Promise<string> {
  const script = await world.script({ mac: mac(card), firmware: "bios", dialect: "ipxe" });
  const token = /\/a\/([^/]+)\//.exec(script)?.[1];
  if (token === undefined) throw new Error(`no install: ${script}`);
  return token;
}

const asking = (...macs: readonly string[]) =>
  JSON.stringify({
    product: {},
    dmi: {},
    network_interfaces: macs.map((one) => ({ link: "eth0", mac: one })),
  });

test("Proxmox is told by any of its cards, and only while it installs", async () => {
  expect(await post("/proxmox/answer", asking("52:54:00:aa:00:01"))).toMatchObject({ status: 404 });
  const token = await boot("52:54:00:aa:00:01");
  for (const card of ["52:54:00:AA:00:11", "52:54:00:aa:00:01"]) {
    const told = await post("/proxmox/answer", asking("52:54:00:bb:00:01", card), "application/json");
    expect(told).toMatchObject({ status: 200, type: expect.stringContaining("application/toml") });
    expect(told.body).toContain('fqdn = "pve-1.lab.example"');
  }
  for (const body of [asking("52:54:00:aa:00:02"), asking(), "not JSON", "{}"]) {
    expect((await post("/proxmox/answer", body)).status).toBe(404);
  }
  const own = await post(`/a/${token}/answers/answer.toml`, asking("52:54:00:bb:00:01"));
  expect(own).toMatchObject({ status: 200, type: expect.stringContaining("application/toml") });
});

test("Proxmox's webhook ends its install, with its host keys in the log", async () => {
  const token = await boot("52:54:00:aa:00:01");
  const hook = {
    fqdn: "pve-1.lab.example",
    "machine-id": "f4bf",
    "ssh-public-host-keys": { ed25519: "ssh-ed25519 AAAA" },
  };
  expect((await post(`/a/${token}/proxmox`, JSON.stringify(hook), "application/json")).status).toBe(204);
  const status = world.lab.machines.get("pve-1");
  expect(status).toMatchObject({ record: { state: { kind: "installed" } }, attempt: { phase: "finishing" } });
  expect(world.lab.machines.log(status?.attempt?.id ?? "")).toContain("ssh host key: ssh-ed25519 AAAA");
  expect((await post("/proxmox/answer", asking("52:54:00:aa:00:01"))).status).toBe(404);
});

test.each([
  ["with", "application/json", "extract", 20],
  ["without", undefined, "curthooks", 45],
])("Ubuntu's events become progress, %s a content type", async (_, contentType, step, percent) => {
  const token = await boot("52:54:00:aa:00:02");
  const event = {
    name: "subiquity/x",
    description: `executing curtin install ${step} step`,
    event_type: "start",
  };
  expect((await post(`/a/${token}/subiquity`, JSON.stringify(event), contentType)).status).toBe(204);
  expect(world.lab.machines.get("web-1")?.attempt?.percent).toBe(percent);
});

test("what is no call of this installer is not found, and a log is kept in pieces", async () => {
  const token = await boot("52:54:00:aa:00:02");
  expect((await post(`/a/${token}/subiquity`, "nonsense")).status).toBe(404);
  expect((await post(`/a/${token}/proxmox`, '{"fqdn": "a.b"}')).status).toBe(404);
  expect((await post("/a/nobody/subiquity", "{}")).status).toBe(404);
  expect((await post(`/a/${token}/log`, "one line\n", "text/plain")).status).toBe(204);
  expect((await post(`/a/${token}/log`, JSON.stringify({ log: "another\n" }))).status).toBe(204);
  expect(
    (await post(`/a/${token}/failed`, JSON.stringify({ reason: "no disk", log: "the end" }))).status,
  ).toBe(204);
  const status = world.lab.machines.get("web-1");
  expect(status).toMatchObject({ attempt: { failure: "no disk" } });
  expect(world.lab.machines.log(status?.attempt?.id ?? "")).toBe("one line\nanother\nthe end");
});

test("DHCP has the address to ask at for machines that install Proxmox, and for no others", () => {
  const hosts = hostDirectory(() => world.live.active);
  const optionsOf = (card: string) => {
    const host = hosts.find(mac(card));
    return host && hosts.optionsFor?.(host, SERVER);
  };
  expect(optionsOf("52:54:00:aa:00:01")?.get(250)?.toString()).toBe("http://10.0.0.1:8080/proxmox/answer");
  expect(optionsOf("52:54:00:aa:00:02")?.size).toBe(0);
});
