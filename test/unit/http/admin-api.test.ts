import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { ENDPOINTS } from "../../../src/api/contract.ts";
import type {
  ApiAttempts,
  ApiEvents,
  ApiExplanation,
  ApiMachine,
  ApiMachines,
  ApiMedia,
  ApiPreview,
  ApiTransfers,
  ApiUnknown,
} from "../../../src/api-types.ts";
import { createAdminApp } from "../../../src/http/admin-app.ts";
import { mac } from "../support/config.ts";
import { AdminLab, codeOf, SECRET_HASH } from "./admin-lab.ts";

describe("machines", () => {
  test("are listed with what an install would wipe and what a boot would get", async () => {
    const lab = await AdminLab.create();
    const { machines } = await lab.get<ApiMachines>("/machines");
    expect(machines).toMatchObject([
      { name: "web-1", profile: "cloud", state: "ready", next: "install", disk: "/dev/vda", firmware: null },
      { name: "db-1", profile: "trixie", disk: null },
      { name: "bare", profile: null, next: "nothing" },
    ]);
  });

  test("show the firmware and address that they were seen with", async () => {
    const lab = await AdminLab.create();
    lab.parts.monitor.seen(mac("52:54:00:12:34:56"), { firmware: "uefi", address: "10.0.0.7" });
    const machine = await lab.get<ApiMachine>("/machines/web-1");
    expect(machine).toMatchObject({ firmware: "uefi", currentAddress: "10.0.0.7" });
  });

  test("reinstall is refused when the disk or profile is another than the admin was shown", async () => {
    const lab = await AdminLab.create();
    lab.lab.machines.local("web-1");
    const reinstall = (confirm: object) => lab.ask("POST", "/machines/web-1/reinstall", { confirm });
    for (const confirm of [
      { disk: "/dev/sda", profile: "cloud" },
      { disk: "/dev/vda", profile: "trixie" },
      { disk: null, profile: "cloud" },
    ]) {
      const refused = await reinstall(confirm);
      expect([refused.statusCode, codeOf(refused)]).toEqual([409, "BW_MACHINE_CHANGED"]);
    }
    expect(lab.lab.machines.get("web-1")?.record.state.kind).toBe("installed");
    const done = await reinstall({ disk: "/dev/vda", profile: "cloud" });
    expect(done.json()).toMatchObject({ state: "ready", next: "install" });
  });

  test("cancel ends a running attempt, and there has to be one", async () => {
    const lab = await AdminLab.create();
    const idle = await lab.ask("POST", "/machines/web-1/cancel");
    expect([idle.statusCode, codeOf(idle)]).toEqual([409, "BW_MACHINE_NOT_INSTALLING"]);
    lab.lab.machines.networkBoot(lab.lab.host("web-1"), "bios");
    const done = await lab.ask("POST", "/machines/web-1/cancel");
    expect(done.json()).toMatchObject({ state: "failed", next: "hold", attempt: { phase: "cancelled" } });
  });

  test("have attempts, and a log where the installer sent one", async () => {
    const lab = await AdminLab.create();
    const boot = lab.lab.machines.networkBoot(lab.lab.host("web-1"), "uefi");
    if (boot.kind !== "install") throw new Error(boot.reason);
    const { id, token } = boot.attempt;
    const none = await lab.ask("GET", `/machines/web-1/attempts/${id}/log`);
    expect([none.statusCode, codeOf(none)]).toEqual([404, "BW_LOG_MISSING"]);
    lab.lab.machines.callback(token, { kind: "failed", reason: "no disk", log: "line 1\nline 2" });
    const response = await lab.ask("GET", "/machines/web-1/attempts");
    expect(response.body).not.toContain(token);
    expect(response.json<ApiAttempts>().attempts).toMatchObject([
      { id, profile: "cloud", firmware: "uefi", phase: "failed", failure: "no disk", hasLog: true },
    ]);
    expect(await lab.get(`/machines/web-1/attempts/${id}/log`)).toEqual({ log: "line 1\nline 2" });
    const foreign = await lab.ask("GET", `/machines/db-1/attempts/${id}/log`);
    expect([foreign.statusCode, codeOf(foreign)]).toEqual([404, "BW_ATTEMPT_UNKNOWN"]);
  });

  test.each(["", "/attempts", "/preview", "/attempts/a1/log"])(
    "that are not in the config are said to be unknown: %s",
    async (rest) => {
      const lab = await AdminLab.create();
      const response = await lab.ask("GET", `/machines/nobody${rest}`);
      expect([response.statusCode, codeOf(response)]).toEqual([404, "BW_MACHINE_UNKNOWN"]);
    },
  );
});

describe("the preview", () => {
  test("shows DHCP's answers, the script of each loader and the answers, and begins nothing", async () => {
    const lab = await AdminLab.create();
    const preview = await lab.get<ApiPreview>("/machines/db-1/preview");
    expect(preview.steps).toHaveLength(4);
    expect(preview.steps[0]).toMatchObject({ firmware: "bios", runs: "firmware", file: "undionly.kpxe" });
    expect(preview.steps[1]).toMatchObject({
      runs: "ipxe",
      file: expect.stringMatching(/^http:\/\/10\.0\.0\.1:8080\//),
    });
    const scripts = preview.files.filter((file) => file.kind === "script");
    expect(scripts.map((file) => [file.loader, file.firmware])).toEqual([
      ["ipxe", "bios"],
      ["ipxe", "uefi"],
      ["pxelinux", "bios"],
      ["grub", "uefi"],
    ]);
    for (const script of scripts) expect(script.body).toMatch(/db-1/);
    const names = preview.files.filter((file) => file.kind === "answer").map((file) => file.name);
    expect(names).toContain("preseed.cfg");
    expect(lab.lab.machines.get("db-1")?.attempt).toBeUndefined();
  });

  test("of one loader on one firmware", async () => {
    const lab = await AdminLab.create();
    const { steps, files } = await lab.get<ApiPreview>("/machines/db-1/preview?firmware=uefi&loader=grub");
    expect(steps.every((step) => step.firmware === "uefi")).toBe(true);
    expect(files.filter((file) => file.kind === "script").map((file) => file.name)).toEqual(["grub.cfg"]);
  });

  test.each(["web-1", "db-1"])(
    "of %s shows no password hash, no secret variable and no token",
    async (name) => {
      const lab = await AdminLab.create();
      const boot = lab.lab.machines.networkBoot(lab.lab.host(name), "bios");
      if (boot.kind !== "install") throw new Error(boot.reason);
      const { body } = await lab.ask("GET", `/machines/${name}/preview`);
      expect(body).toContain("ada");
      expect(body).toContain("MASKED");
      expect(body).not.toContain(SECRET_HASH.slice(3, 40));
      expect(body).not.toContain("hunter2");
      expect(body).not.toContain(`/a/${boot.attempt.token}`);
    },
  );
});

describe("the timeline", () => {
  test("is read page by page, back and forth, without a gap", async () => {
    const lab = await AdminLab.create();
    for (let i = 0; i < 25; i++) {
      const name = i % 5 === 4 ? "db-1" : "web-1";
      lab.lab.machines.local(name);
    }
    const all = (await lab.get<ApiEvents>("/events?machine=web-1")).events.map((event) => event.id);
    expect(all).toHaveLength(20);
    const back: number[] = [];
    for (let before = ""; ; ) {
      const { events } = await lab.get<ApiEvents>(`/events?machine=web-1&limit=7${before}`);
      if (events.length === 0) break;
      back.unshift(...events.map((event) => event.id));
      before = `&before=${events[0]?.id}`;
    }
    expect(back).toEqual(all);
    const forth = await lab.get<ApiEvents>(`/events?machine=web-1&after=${all[3]}&limit=2`);
    expect(forth.events.map((event) => event.id)).toEqual(all.slice(4, 6));
  });

  test.each(["limit=0", "limit=x", "after=-1", "before=1.5"])("refuses the query %s", async (query) => {
    const lab = await AdminLab.create();
    const response = await lab.ask("GET", `/events?${query}`);
    expect([response.statusCode, codeOf(response)]).toEqual([400, "BW_HTTP_QUERY"]);
  });
});

describe("unknown machines", () => {
  test("come with lines that the config takes, the latest first, and go when they are known", async () => {
    const lab = await AdminLab.create();
    const look = { arch: 7, firmware: "uefi", vendorClass: "PXEClient:Arch:00007" } as const;
    lab.parts.monitor.seen(mac("52:54:00:aa:00:01"), look);
    lab.lab.now += 5000;
    lab.parts.monitor.seen(mac("52:54:00:aa:00:02"), {});
    lab.parts.monitor.seen(mac("52:54:00:12:34:56"), {});
    lab.parts.monitor.seen(mac("52:54:00:aa:00:02"), {});
    const { machines } = await lab.get<ApiUnknown>("/unknown");
    expect(machines).toMatchObject([
      { mac: "52:54:00:aa:00:02", count: 2, firmware: null },
      { mac: "52:54:00:aa:00:01", count: 1, ...look },
    ]);
    expect(parse(`hosts:\n${machines[1]?.yaml}`)).toEqual({
      hosts: [{ name: "machine-aa0001", mac: "52:54:00:aa:00:01", profile: "cloud" }],
    });
  });

  test("are bounded: made-up MACs push out only the oldest", async () => {
    const lab = await AdminLab.create();
    for (let i = 0; i < 1000; i++) {
      const tail = i.toString(16).padStart(4, "0");
      lab.parts.monitor.seen(mac(`52:54:00:bb:${tail.slice(0, 2)}:${tail.slice(2)}`), {});
    }
    const { machines } = await lab.get<ApiUnknown>("/unknown");
    expect(machines).toHaveLength(200);
    expect(machines[0]?.mac).toBe("52:54:00:bb:03:e7");
  });
});

describe("what goes on", () => {
  test("transfers of both protocols, with their machine, until they end; and what was sent", async () => {
    const lab = await AdminLab.create();
    lab.parts.clients.note("10.0.0.7", mac("52:54:00:12:34:56"), lab.config.hosts[0]);
    const meter = lab.parts.monitor.begin({
      protocol: "http",
      path: "media/a",
      client: "10.0.0.7",
      size: 100,
    });
    meter.progress(60);
    const transfer = {
      filename: "undionly.kpxe",
      client: { address: "10.0.0.8", port: 2000 },
      ...{ size: 1000, blockSize: 512, windowSize: 1 },
    };
    lab.parts.monitor.onTftp({ kind: "started", transfer });
    lab.parts.monitor.onTftp({ kind: "progress", transfer, bytesAcked: 512 });
    const during = await lab.get<ApiTransfers>("/transfers");
    expect(during.transfers).toMatchObject([
      { protocol: "http", path: "media/a", bytes: 60, size: 100, machine: "web-1" },
      { protocol: "tftp", path: "undionly.kpxe", bytes: 512, size: 1000, machine: null },
    ]);
    meter.progress(100);
    meter.end();
    const stats = { bytes: 1000, blocks: 2, retransmissions: 0, milliseconds: 5 };
    lab.parts.monitor.onTftp({ kind: "completed", transfer, stats });
    lab.lab.now += 1000;
    const after = await lab.get<ApiTransfers>("/transfers");
    expect(after.transfers).toEqual([]);
    expect([after.throughput.http.at(-1), after.throughput.tftp.at(-1)]).toEqual([100, 1000]);
  });

  test("media: what is there, who needs it, and what is missing", async () => {
    const lab = await AdminLab.create();
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync(`${lab.config.media}/d`, { recursive: true });
    writeFileSync(`${lab.config.media}/d/linux`, "kernel");
    writeFileSync(`${lab.config.media}/.hidden`, "no");
    writeFileSync(`${lab.config.media}/extra.iso`, "iso");
    const media = await lab.get<ApiMedia>("/media");
    expect(media.files).toMatchObject([
      { path: "d/linux", size: 6, profiles: ["trixie"] },
      { path: "extra.iso", size: 3, profiles: [] },
    ]);
    expect(media.missing.map((one) => one.path).toSorted()).toEqual(["d/initrd.gz", "disk.raw"]);
  });
});

describe("the OpenAPI document", () => {
  test("has every endpoint, and every reference in it leads somewhere", async () => {
    const lab = await AdminLab.create();
    const document = await lab.get<{
      openapi: string;
      paths: Record<string, Record<string, object>>;
      components: { schemas: Record<string, object> };
    }>("/openapi.json");
    expect(document.openapi).toBe("3.1.0");
    const served = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
    );
    expect(served.toSorted()).toEqual(ENDPOINTS.map((one) => `${one.method} ${one.path}`).toSorted());
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    const names = new Set([...references].map(([, name]) => name));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  // The streams have tests of their own; asked here, they would not end.
  const answering = ENDPOINTS.filter((one) => !/\/(?:stream|live)$/.test(one.path));
  test.each(answering.map((one) => [`${one.method} ${one.path}`, one] as const))(
    "%s is really served",
    async (_name, endpoint) => {
      const lab = await AdminLab.create();
      const url = endpoint.path
        .replace("/api/v1", "")
        .replace(/:(?:name|machine)/, "web-1")
        .replace(":attempt", "a1");
      const response = await lab.ask(endpoint.method, url);
      if (response.statusCode !== 200) expect(codeOf(response)).not.toBe("BW_HTTP_NOT_FOUND");
    },
  );

  test("every route of the API is in the contract, but for the document itself", async () => {
    const lab = await AdminLab.create();
    await lab.app.ready();
    const routes = routesOf(lab.app.printRoutes({ commonPrefix: false }));
    const listed = ENDPOINTS.map((one) => `${one.method} ${one.path}`);
    expect(routes.toSorted()).toEqual([...listed, "GET /api/v1/openapi.json"].toSorted());
  });
});

/** The routes of fastify's tree, one line each: `GET /api/v1/machines/:name`. */
function routesOf(tree: string): string[] {
  const above: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent, segment, methods] = /^((?: {4}|│ {3})*)[├└]── (\S+)(?: \((.+)\))?$/.exec(line) ?? [];
    if (indent === undefined || segment === undefined) return [];
    const depth = indent.length / 4;
    above.length = depth;
    above.push(segment);
    const names = methods?.split(", ").filter((method) => method !== "HEAD") ?? [];
    return names.map((method) => `${method} ${above.join("")}`);
  });
}

describe("explain", () => {
  test("follows a machine's boot, by its name or its MAC, and masks what is secret", async () => {
    const lab = await AdminLab.create();
    const shown = await lab.get<ApiExplanation>("/explain/db-1?firmware=bios&loader=ipxe");
    expect(shown).toMatchObject({ machine: "db-1", firmware: "bios", source: "daemon" });
    expect(shown.steps.map(({ step }) => step)).toContain("script");
    expect(JSON.stringify(shown)).not.toContain(SECRET_HASH);
    const byMac = await lab.get<ApiExplanation>("/explain/52-54-00-12-34-57?firmware=bios&loader=ipxe");
    expect(byMac).toEqual(shown);
    const stranger = await lab.get<ApiExplanation>("/explain/02:00:00:00:00:01?step=dhcp");
    expect(stranger).toMatchObject({ machine: null, notes: ["02:00:00:00:00:01 is not in the config"] });
  });

  test("a mistake of ours is said to be one, without its words", async () => {
    const { parts } = await AdminLab.create();
    const app = createAdminApp({ ...parts, explain: () => Promise.reject(new TypeError("inside")) });
    onTestFinished(() => app.close());
    const headers = { authorization: `Bearer ${parts.token}` };
    const response = await app.inject({ url: "/api/v1/explain/web-1", headers });
    expect([response.statusCode, codeOf(response)]).toEqual([500, "BW_INTERNAL"]);
    expect(response.body).not.toContain("inside");
  });

  test.each([
    ["/explain/nobody", 404, "BW_MACHINE_UNKNOWN"],
    ["/explain/web-1?step=coffee", 400, "BW_HTTP_QUERY"],
    ["/explain/web-1?secrets=perhaps", 400, "BW_HTTP_QUERY"],
    ["/explain/", 400, "BW_HTTP_PATH"],
    ["/machines//attempts", 400, "BW_HTTP_PATH"],
  ])("%s is refused: %d %s", async (url, status, code) => {
    const lab = await AdminLab.create();
    const refused = await lab.ask("GET", url);
    expect([refused.statusCode, codeOf(refused)]).toEqual([status, code]);
  });
});
