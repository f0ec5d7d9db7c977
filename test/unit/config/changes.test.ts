import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LiveConfig } from "../../../src/daemon/live-config.ts";

const FIRST = `dhcp: {mode: server, subnets: [{cidr: 10.0.0.0/24, pool: 10.0.0.10-10.0.0.20}]}
http: {port: 8080}
templates: templates
profiles:
  cloud: {installer: image, image: disk.raw}
hosts:
  - {name: web-1, mac: 52:54:00:00:00:01, profile: cloud}
  - {name: web-2, mac: 52:54:00:00:00:02, profile: cloud}
`;

describe("a changed config", () => {
  let folder: string;
  let live: LiveConfig;
  const write = (text: string) => writeFileSync(join(folder, "bootwire.yaml"), text);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "bootwire-live-"));
    mkdirSync(join(folder, "templates"));
    write(FIRST);
    live = await LiveConfig.open(join(folder, "bootwire.yaml"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ["nothing", FIRST, []],
    ["a host more", `${FIRST}  - {name: web-3, mac: 52:54:00:00:00:03}\n`, ["hosts added: web-3"]],
    ["a host less", FIRST.replace(/ {2}- {name: web-2.*\n/, ""), ["hosts removed: web-2"]],
    [
      "a host's settings",
      FIRST.replace("0:02, profile: cloud", "0:02, profile: cloud, install: always"),
      ["hosts changed: web-2"],
    ],
    [
      "a profile",
      FIRST.replace("disk.raw}", "disk.raw, timezone: Asia/Tokyo}"),
      ["hosts changed: web-1, web-2", "profiles changed: cloud"],
    ],
    ["a pool", FIRST.replace("10-10.0.0.20", "10-10.0.0.99"), ["dhcp changed"]],
    ["the address", `${FIRST}advertise: 10.0.0.9\n`, ["advertise changed"]],
  ])("%s: is told in words, and in force", async (_what, text, notes) => {
    write(text);
    expect(await live.reload()).toEqual({ changed: notes.length > 0, notes });
  });

  test.each([
    ["http", FIRST.replace("8080", "9090")],
    ["tftp", `${FIRST}tftp: {port: 6969}\n`],
    ["admin", `${FIRST}admin: {listen: 127.0.0.1:9999}\n`],
    ["interfaces", `${FIRST}interface: eth7\n`],
    ["state", `${FIRST}state: elsewhere\n`],
    ["dhcp.mode", FIRST.replace("mode: server", "mode: proxy")],
  ])(
    "%s waits for a restart, which is said at each reload, and machines are told what is open",
    async (what, text) => {
      const { config } = live.active;
      write(text);
      const notes = [expect.stringMatching(new RegExp(`^${what} changed: .*next start$`))];
      expect(await live.reload()).toEqual({ changed: true, notes });
      expect(live.active.config).toEqual(config);
      expect(await live.reload()).toEqual({ changed: false, notes });
      write(FIRST);
      expect(await live.reload()).toEqual({ changed: true, notes: [] });
    },
  );

  test("files of templates count as a change", async () => {
    const before = live.inForce;
    writeFileSync(join(folder, "templates", "mine.hbs"), "x");
    expect(await live.reload()).toEqual({ changed: true, notes: ["files of templates changed"] });
    expect(live.inForce).not.toBe(before);
    expect(live.templates.source("mine.hbs").text).toBe("x");
  });

  test("the program's own templates stay those that it started with, though an upgrade replaces the files", async () => {
    const program = join(folder, "program");
    mkdirSync(program);
    writeFileSync(join(program, "a.hbs"), "old");
    const running = await LiveConfig.open(join(folder, "bootwire.yaml"), { builtIn: program });
    writeFileSync(join(program, "a.hbs"), "new");
    writeFileSync(join(program, "b.hbs"), "new");
    expect(await running.reload()).toEqual({ changed: false, notes: [] });
    writeFileSync(join(folder, "templates", "mine.hbs"), "x");
    await running.reload();
    expect(running.templates.names("")).toEqual(["a.hbs", "mine.hbs"]);
    expect(running.templates.source("a.hbs").text).toBe("old");
    writeFileSync(join(folder, "templates", "a.hbs"), "the admin's");
    await running.reload();
    expect(running.templates.source("a.hbs").text).toBe("the admin's");
  });

  test.each([
    ["a config that is wrong", () => write("hosts: 3\n"), "BW_CONFIG_INVALID"],
    [
      "templates that are gone",
      () => rmSync(join(folder, "templates"), { recursive: true }),
      "BW_TEMPLATES_UNREADABLE",
    ],
  ])("%s is refused whole", async (_what, spoil, code) => {
    const before = live.inForce;
    spoil();
    await expect(live.reload()).rejects.toMatchObject({ code });
    expect(live.inForce).toBe(before);
    mkdirSync(join(folder, "templates"), { recursive: true });
    write(FIRST);
    expect(await live.reload()).toMatchObject({ notes: [] });
  });
});
