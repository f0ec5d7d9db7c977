import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/model.ts";
import { createAdminApp } from "../../../src/http/admin-app.ts";
import { adminParts } from "../http/admin-parts.ts";
import { Lab } from "../machines/lab.ts";
import { bootwire, type Ran } from "./run.ts";

const HOSTS = `profiles:
  cloud: {installer: image, image: disk.raw}
hosts:
  - {name: web-1, mac: 52:54:00:12:34:56, profile: cloud}
  - {name: bare, mac: 52:54:00:12:34:57}
`;

/** The daemon as far as admins see it: the real admin app, machines and state, without packets. */
class AdminDaemon {
  readonly #folder: string;
  readonly lab: Lab;
  readonly #config: Config;
  #app: FastifyInstance | undefined;
  #port = 0;
  readonly configPath: string;

  private constructor(folder: string, lab: Lab, config: Config) {
    this.#folder = folder;
    this.lab = lab;
    this.#config = config;
    this.configPath = config.path;
  }

  static async start(make: typeof Lab.create = Lab.create): Promise<AdminDaemon> {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-admin-"));
    const path = join(folder, "bootwire.yaml");
    await writeFile(path, HOSTS);
    const loaded = await loadConfig(path);
    if (!loaded.ok) throw new Error("the test's config is wrong");
    const daemon = new AdminDaemon(folder, await make(loaded.config.hosts), loaded.config);
    await daemon.listen();
    return daemon;
  }

  async listen(): Promise<void> {
    this.#app = createAdminApp(await adminParts(this.lab, this.#config));
    await this.#app.listen({ host: "127.0.0.1", port: this.#port });
    this.#port = portOf(this.#app);
    await this.configure(HOSTS);
  }

  /** Writes the config that the commands read. */
  async configure(yaml: string): Promise<void> {
    const own = `admin: {listen: 127.0.0.1:${this.#port}}\nstate: ${this.lab.folder}\n`;
    await writeFile(this.configPath, own + yaml);
  }

  get port(): number {
    return this.#port;
  }

  async deaf(): Promise<void> {
    await this.#app?.close();
    this.#app = undefined;
  }

  async dispose(): Promise<void> {
    await this.deaf();
    this.lab.dispose();
    await rm(this.#folder, { recursive: true });
  }

  run(...args: string[]): Promise<Ran> {
    return bootwire([...args, "--config", this.configPath]);
  }
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

describe("commands that talk to the daemon", () => {
  let daemon: AdminDaemon;
  beforeEach(async () => {
    daemon = await AdminDaemon.start();
  });
  afterEach(() => daemon.dispose());

  test("machines prints a table, and JSON", async () => {
    const ran = await daemon.run("machines");
    expect(ran).toMatchObject({ code: 0, err: "" });
    const [heading, web, bare] = ran.out.split("\n");
    expect(heading).toMatch(/^NAME +STATE +INSTALL +NEXT BOOT +PROFILE +MAC +ADDRESS +LAST SEEN +WHY$/);
    expect(web).toMatch(/^web-1 +ready +- +install +cloud +52:54:00:12:34:56 +- +never +\S/);
    expect(bare).toMatch(/^bare +ready +- +nothing +- +52:54:00:12:34:57/);
    const json = await daemon.run("machines", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      machines: [{ name: "web-1", state: "ready", next: "install", attempt: null }, { name: "bare" }],
    });
  });

  test("local and reinstall change what the next boot gets", async () => {
    expect(await daemon.run("local", "web-1")).toMatchObject({
      code: 0,
      out: "web-1 boots from its own disk from now on.\n",
    });
    expect(daemon.lab.machines.preview(daemon.lab.host("web-1")).kind).toBe("local");
    expect(await daemon.run("reinstall", "web-1")).toMatchObject({
      code: 0,
      out: "web-1 is armed: its next network boot installs cloud and wipes its disk.\n",
    });
    expect(daemon.lab.machines.preview(daemon.lab.host("web-1")).kind).toBe("install");
    const json = await daemon.run("local", "web-1", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ name: "web-1", state: "installed", next: "local" });
  });

  test("what the daemon refuses is told with its code and hint", async () => {
    const ran = await daemon.run("reinstall", "nobody");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(
      /^bootwire: no machine is called nobody \[BW_MACHINE_UNKNOWN\]\n {4}hint: .*web-1/,
    );
    const json = await daemon.run("reinstall", "bare", "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: "BW_MACHINE_NO_PROFILE" } });
  });

  test("an install under way shows in machines and in events", async () => {
    daemon.lab.machines.networkBoot(daemon.lab.host("web-1"), "uefi");
    expect((await daemon.run("machines")).out).toMatch(/web-1 +installing +running +install/);
    const events = await daemon.run("events", "web-1");
    expect(events.code).toBe(0);
    expect(events.out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d {2}web-1 +attempt\.began/m);
    const json = await daemon.run("events", "web-1", "--json", "--limit", "1");
    expect(JSON.parse(json.out)).toMatchObject({ events: [{ machine: "web-1", id: expect.any(Number) }] });
    expect((await daemon.run("events", "bare")).err).toBe("Nothing has happened yet.\n");
  });

  test("events --follow goes on with what happens, over a restart of the daemon", async () => {
    const abort = new AbortController();
    const heard = new Heard();
    daemon.lab.machines.local("web-1");
    const running = bootwire(["events", "--follow", "--json", "--config", daemon.configPath], {
      signal: abort.signal,
      onOut: (text) => heard.add(text),
      onErr: (text) => heard.add(text),
    });
    expect(await heard.next()).toContain("machine.kept");
    await heard.until(() => daemon.lab.machines.reinstall("web-1"), "machine.armed");
    await daemon.deaf();
    expect(await heard.next()).toContain("the connection to the daemon was lost");
    daemon.lab.machines.local("web-1");
    await daemon.listen();
    expect(await heard.next()).toContain("machine.kept");
    abort.abort();
    const ran = await running;
    expect(ran.code).toBe(0);
    const ids = ran.out
      .trim()
      .split("\n")
      .map((line) => Number(/"id":(\d+)/.exec(line)?.[1]));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  });

  test("watch shows what happens, with a progress bar in a terminal, over a restart of the daemon", async () => {
    const abort = new AbortController();
    const heard = new Heard();
    daemon.lab.machines.networkBoot(daemon.lab.host("web-1"), "uefi");
    const token = daemon.lab.machines.get("web-1")?.attempt?.token ?? "";
    const running = bootwire(["watch", "web-1", "--config", daemon.configPath], {
      signal: abort.signal,
      terminal: true,
      onOut: (text) => heard.add(text),
      onErr: (text) => heard.add(text),
    });
    await heard.until(() => undefined, "web-1  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  installing");
    await heard.until(
      () => daemon.lab.machines.callback(token, { kind: "progress", percent: 50, text: "writing" }),
      "web-1  ███████████████░░░░░░░░░░░░░░░  50 %  50 %: writing",
    );
    await daemon.deaf();
    await heard.until(() => undefined, "the connection to the daemon was lost");
    daemon.lab.machines.callback(token, { kind: "done" });
    await daemon.listen();
    await heard.until(() => undefined, "installed after");
    abort.abort();
    const ran = await running;
    expect(ran.code).toBe(0);
    // The bar is taken away before the line that ends it, and is not drawn again.
    expect(ran.out.slice(ran.out.lastIndexOf("\u001b[1A\u001b[0J"))).toMatch(/attempt\.done .*\n$/);
    expect(ran.out.slice(ran.out.lastIndexOf("attempt.done"))).not.toContain("%");
  });

  test("watch in a pipe prints each event as a line, and nothing else", async () => {
    const abort = new AbortController();
    const heard = new Heard();
    daemon.lab.machines.networkBoot(daemon.lab.host("web-1"), "uefi");
    const token = daemon.lab.machines.get("web-1")?.attempt?.token ?? "";
    const running = bootwire(["watch", "--config", daemon.configPath], {
      signal: abort.signal,
      onOut: (text) => heard.add(text),
    });
    await heard.until(() => undefined, "attempt.began");
    await heard.until(
      () => daemon.lab.machines.callback(token, { kind: "progress", percent: 50, text: "writing" }),
      "attempt.progress",
    );
    abort.abort();
    const { out } = await running;
    expect(out).toMatch(/^(?:\d{4}-\S+ {2}web-1 +(?:machine|attempt)\.\S+ +.*\n)+$/);
  });

  test("a config that is being worked on does not come between admin and daemon", async () => {
    await daemon.configure("hosts:\n  - {name: half}\n");
    expect(await daemon.run("machines")).toMatchObject({ code: 0 });
    await daemon.configure("hosts: [\n");
    expect(await daemon.run("machines")).toMatchObject({ code: 3 });
  });

  test("init says that there is nothing to do while a daemon runs in order", async () => {
    expect(await daemon.run("init")).toMatchObject({
      code: 0,
      out: "A daemon runs, and its state is in order: nothing to do.\n",
    });
  });

  test("a token that is not the daemon's is refused", async () => {
    await writeFile(join(daemon.lab.folder, "admin-token"), "another\n");
    expect(await daemon.run("machines")).toMatchObject({
      code: 1,
      err: expect.stringContaining("[BW_UNAUTHORIZED]"),
    });
  });

  test("a token that may not be read is named", async () => {
    await rm(join(daemon.lab.folder, "admin-token"));
    await mkdir(join(daemon.lab.folder, "admin-token"));
    const ran = await daemon.run("machines", "--json");
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.err)).toMatchObject({ error: { code: "BW_ADMIN_TOKEN" } });
  });

  test("something else that answers there is not taken for a daemon", async () => {
    await daemon.deaf();
    for (const [status, body] of [
      [200, "{}"],
      [502, "<html>"],
    ] as const) {
      const other = createServer((_request, response) => response.writeHead(status).end(body));
      await new Promise<void>((done) => other.listen(daemon.port, "127.0.0.1", done));
      const ran = await daemon.run("machines", "--json");
      expect(JSON.parse(ran.err)).toMatchObject({ error: { code: "BW_API_ANSWER" } });
      other.closeAllConnections();
      await new Promise((done) => other.close(done));
    }
  });

  test.each([
    ["GET", "/nothing", undefined, 404, "BW_HTTP_NOT_FOUND"],
    ["GET", "/events?limit=many", undefined, 400, "BW_HTTP_QUERY"],
    ["GET", "/explain/web-1?firmware=coreboot", undefined, 400, "BW_HTTP_QUERY"],
    ["POST", "/accept-state", "{}", 400, "BW_HTTP_BODY"],
    ["POST", "/accept-state", "{", 400, "BW_HTTP_REQUEST"],
    ["GET", "/explain/nobody", undefined, 404, "BW_MACHINE_UNKNOWN"],
  ])("the API answers %s %s %s with %i %s", async (method, path, body, status, code) => {
    const token = await readFile(join(daemon.lab.folder, "admin-token"), "utf8");
    const response = await fetch(`http://127.0.0.1:${daemon.port}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.trim()}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body ?? null,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { code, message: expect.any(String), hint: expect.any(String) },
    });
  });

  test("a daemon that is not there ends with 4", async () => {
    await daemon.deaf();
    for (const command of [
      ["machines"],
      ["reinstall", "web-1"],
      ["local", "web-1"],
      ["events"],
      ["events", "-f"],
    ]) {
      const ran = await daemon.run(...command);
      expect(ran).toMatchObject({ code: 4, out: "" });
      expect(ran.err).toContain("no daemon answers at http://127.0.0.1:");
      expect(ran.err).toContain(`bootwire serve --config ${daemon.configPath}`);
    }
    await rm(join(daemon.lab.folder, "admin-token"));
    const never = await daemon.run("machines", "--json");
    expect(never.code).toBe(4);
    expect(JSON.parse(never.err)).toMatchObject({ error: { code: "BW_DAEMON_UNREACHABLE" } });
  });
});

describe("a state that was found lost", () => {
  let daemon: AdminDaemon;
  beforeEach(async () => {
    daemon = await AdminDaemon.start(Lab.withoutState);
  });
  afterEach(() => daemon.dispose());

  test("is told of, and accepted by init while the daemon runs", async () => {
    expect((await daemon.run("machines")).err).toContain("nothing is installed until you decide");
    const ran = await daemon.run("init");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toContain("Nothing is held back any longer.");
    expect(ran.out).toContain("installs (and wipes the disk of): web-1");
    expect((await daemon.run("machines")).err).toBe("");
  });
});

/** What a command wrote, piece by piece. */
class Heard {
  readonly #pieces: string[] = [];
  #waiting: ((text: string) => void) | undefined;

  add(text: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(text);
    else this.#pieces.push(text);
  }

  next(): Promise<string> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) return Promise.resolve(piece);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Does something, and waits until it was heard of. */
  async until(action: () => void, text: string): Promise<void> {
    action();
    for (;;) if ((await this.next()).includes(text)) return;
  }
}
