import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configJsonSchema } from "../../../src/config/json-schema.ts";
import { bootwire } from "./run.ts";

const GOOD = `profiles:
  cloud: {installer: image, image: disk.raw}
hosts:
  - {name: web-1, mac: 52:54:00:12:34:56, profile: cloud}
  - {name: bare, mac: 52:54:00:12:34:57}
`;

describe("commands without a daemon", () => {
  let folder: string;
  let config: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bootwire-cli-"));
    config = join(folder, "bootwire.yaml");
    await writeFile(config, GOOD);
    await mkdir(join(folder, "media"));
    await writeFile(join(folder, "media", "disk.raw"), "x");
  });
  afterEach(() => rm(folder, { recursive: true }));

  describe("check", () => {
    test("says that a config is right", async () => {
      expect(await bootwire(["check", "--config", config])).toEqual({
        code: 0,
        out: `${config} is right: 1 profile, 2 hosts, DHCP proxy\n`,
        err: "",
      });
    });

    test("shows all that is wrong as compilers do, and ends with 3", async () => {
      await writeFile(config, "http: {prot: 1}\nhosts:\n  - {name: a, mac: 52:54}\n");
      expect(await bootwire(["check", "-c", config])).toEqual({
        code: 3,
        out: `${config}:1:8: error: there is no key “prot” in \`http\` [BW_CONFIG_UNKNOWN_KEY]
    hint: did you mean port?
${config}:3:20: error: “52:54” is not a MAC address [BW_CONFIG_MAC]
    hint: write six octets, like 52:54:00:12:34:56, 52-54-00-12-34-56 or 5254.0012.3456
${config}: 2 problems
`,
        err: "",
      });
    });

    test("warns, and is content all the same", async () => {
      await rm(join(folder, "media", "disk.raw"));
      const ran = await bootwire(["check", "--config", config]);
      expect(ran.code).toBe(0);
      expect(ran.out).toContain(`${config}:2:36: warning: disk.raw is not in the media folder`);
    });

    test("finds what a template refuses", async () => {
      await mkdir(join(folder, "templates", "image"), { recursive: true });
      await writeFile(join(folder, "templates", "image", "user-data.hbs"), "hello {{vars.nobody}}\n");
      await writeFile(config, `templates: ./templates\n${GOOD}`);
      const ran = await bootwire(["check", "--config", config]);
      expect(ran.code).toBe(3);
      expect(ran.out).toContain("web-1: error:");
      expect(ran.out).toContain("nobody");
    });

    test("speaks JSON", async () => {
      await writeFile(config, "http: {port: 0}\n");
      const ran = await bootwire(["check", "--config", config, "--json"]);
      expect(ran.code).toBe(3);
      expect(JSON.parse(ran.out)).toMatchObject({
        ok: false,
        file: config,
        problems: [{ code: "BW_CONFIG_VALUE", line: 1, column: 14, hint: "write a number of at least 1" }],
        warnings: [],
      });
    });
  });

  describe("render", () => {
    test("prints a machine's files under their names", async () => {
      const ran = await bootwire(["render", "web-1", "--config", config]);
      expect(ran).toMatchObject({ code: 0, err: "" });
      expect(ran.out).toMatch(/^==> boot.ipxe <==\n#!ipxe\n/);
      expect(ran.out).toContain("\n==> user-data <==\n#cloud-config\n");
    });

    test("prints one file as it is, by name of the machine or by its MAC", async () => {
      const byName = await bootwire(["render", "web-1", "user-data", "--config", config]);
      expect(byName.code).toBe(0);
      expect(byName.out).toMatch(/^#cloud-config\n/);
      const byMac = await bootwire(["render", "52:54:00:12:34:56", "user-data", "--config", config]);
      expect(byMac).toEqual(byName);
    });

    test("speaks JSON", async () => {
      const ran = await bootwire(["render", "web-1", "boot.ipxe", "--config", config, "--json"]);
      expect(JSON.parse(ran.out)).toMatchObject({
        files: [{ name: "boot.ipxe", contentType: expect.any(String) }],
      });
    });

    test.each([
      [["render", "nobody"], "BW_MACHINE_UNKNOWN"],
      [["render", "bare"], "BW_MACHINE_NO_PROFILE"],
      [["render", "web-1", "nothing"], "BW_RENDER_UNKNOWN"],
    ])("%j is refused", async (args, code) => {
      const ran = await bootwire([...args, "--config", config]);
      expect(ran).toMatchObject({ code: 1, out: "" });
      expect(ran.err).toContain(`[${code}]\n    hint: `);
      const asJson = await bootwire([...args, "--config", config, "--json"]);
      expect(JSON.parse(asJson.err)).toMatchObject({ error: { code } });
    });
  });

  test("a seed needs to know how the machine reaches us", async () => {
    await mkdir(join(folder, "state"), { recursive: true });
    await writeFile(join(folder, "state", "admin-token"), "token\n");
    for (const args of [["web-1"], ["web-1", "--base-url", "nonsense"]]) {
      const ran = await bootwire(["seed", ...args, "--json", "--config", config]);
      expect(JSON.parse(ran.err)).toMatchObject({ error: { code: "BW_SEED_ADDRESS" } });
    }
  });

  test("schema prints the schema", async () => {
    const ran = await bootwire(["schema"]);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toEqual(configJsonSchema());
  });

  describe("init", () => {
    test("makes a starter config, its schema and the state, and is content to be run again", async () => {
      const fresh = join(folder, "new", "bootwire.yaml");
      const first = await bootwire(["init", "--config", fresh]);
      expect(first).toMatchObject({ code: 0, err: "" });
      expect(first.out).toContain(`wrote  ${fresh}\n`);
      expect(first.out).toContain(`made   ${join(folder, "new", "state")}\n`);
      const [line] = (await readFile(fresh, "utf8")).split("\n");
      const named = /\$schema=(\S+)$/.exec(line ?? "")?.[1] ?? "";
      expect(JSON.parse(await readFile(join(folder, "new", named), "utf8"))).toEqual(configJsonSchema());
      const again = await bootwire(["init", "--config", fresh, "--json"]);
      expect(JSON.parse(again.out)).toMatchObject({ createdConfig: false, createdState: false, armed: [] });
    });

    test("names the machines that will be installed", async () => {
      const ran = await bootwire(["init", "--config", config]);
      expect(ran.out).toContain("installs (and wipes the disk of): web-1\n");
    });

    test("refuses a config that cannot be used", async () => {
      await writeFile(config, "hosts: 3\n");
      const ran = await bootwire(["init", "--config", config]);
      expect(ran).toMatchObject({ code: 3, out: "" });
      expect(ran.err).toContain(`${config}:1:8: error:`);
      expect(existsSync(join(folder, "state"))).toBe(false);
    });
  });

  describe("serve", () => {
    test("names the interface that is not there", async () => {
      await writeFile(config, `interface: none0\n${GOOD}`);
      const ran = await bootwire(["serve", "--config", config, "--log", "silent"]);
      expect(ran).toMatchObject({ code: 1, out: "" });
      expect(ran.err).toContain('no interface "none0"');
      expect(ran.err).toContain("[BW_INTERFACE]");
    });

    test("refuses a config that cannot be used", async () => {
      await writeFile(config, "hosts: 3\n");
      expect(await bootwire(["serve", "--config", config])).toMatchObject({ code: 3 });
      expect(await bootwire(["serve", "--config", join(folder, "none.yaml")])).toMatchObject({ code: 3 });
    });
  });

  describe("the command line", () => {
    test.each([[["--help"]], [["help"]], [["--version"]]])("%j is content", async (args) => {
      expect(await bootwire(args)).toMatchObject({ code: 0, err: "" });
    });

    test.each([
      [[]],
      [["bake"]],
      [["check", "--nonsense"]],
      [["check", "too", "many"]],
      [["reinstall"]],
      [["render", "web-1", "--firmware", "coreboot"]],
      [["events", "--limit", "0"]],
      [["events", "--after", "yesterday"]],
      [["serve", "--log", "loud"]],
    ])("%j makes no sense", async (args) => {
      const ran = await bootwire(args);
      expect(ran).toMatchObject({ code: 2, out: "" });
      expect(ran.err).not.toBe("");
    });

    test.each([
      "serve",
      "init",
      "check",
      "render",
      "machines",
      "reinstall",
      "local",
      "events",
      "watch",
      "explain",
      "doctor",
      "completion",
      "schema",
    ])("%s explains itself with an example", async (command) => {
      const ran = await bootwire([command, "--help"]);
      expect(ran.code).toBe(0);
      expect(ran.out).toMatch(new RegExp(`Examples?:\\n  bootwire ${command}`));
    });

    test("names the exit codes", async () => {
      const { out } = await bootwire(["--help"]);
      expect(out).toMatch(/0 {2}done[\s\S]*4 {2}no daemon answers/);
    });
  });
});
