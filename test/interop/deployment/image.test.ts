import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Lab } from "../../../src/bench/lab.ts";
import { runTool } from "../../../src/demo/tools.ts";
import { describeIf } from "../../support/require.ts";
import { Container, firstProcessOf, readCompose } from "./container.ts";
import { ignoring, readDockerfile, type Stage } from "./dockerfile.ts";
import { type Built, buildImage } from "./image-builder.ts";

const MINUTE = 60_000;
/** The user of the image: docs/deployment.md has its number. */
const USER = 6767;
/** The bits of the two capabilities that it needs (linux/capability.h), NET_BIND_SERVICE and NET_RAW. */
const CAPABILITIES = (1n << 10n) | (1n << 13n);
const NEEDS = {
  namespaces: true,
  commands: ["mmdebstrap", "ip", "unshare", "nsenter", "npm", "bash", "curl"],
} as const;

describeIf(NEEDS, "the image, made in a fresh Debian as its Dockerfile says", () => {
  let folder: string;
  let image: Built;
  let stage: Stage;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "bootwire-image-"));
    const stages = readDockerfile(readFileSync("docker/Dockerfile", "utf8"));
    stage = stages.at(-1) ?? expect.fail("no stage");
    image = await buildImage(stages, folder);
  }, 15 * MINUTE);

  afterAll(async () => {
    await runTool("rm", ["--recursive", "--force", folder], { deadline: 10 * MINUTE });
  }, 10 * MINUTE);

  /** A container that compose would start, and its first process once it runs. */
  const open = () => {
    const lab = new Lab("image");
    onTestFinished(() => lab.close());
    const volume = join(lab.folder, "bootwire");
    const container = new Container(image, readCompose(readFileSync("docker/compose.yaml", "utf8")), volume);
    const inside = async (pid: number, ...program: string[]) => {
      const { command, args } = container.exec(pid, program);
      return await runTool(command, args);
    };
    const serve = async () => {
      const { command, args } = container.start([...stage.entrypoint, ...stage.command]);
      const daemon = await lab.serve("container", command, args);
      await daemon.printed(/Bootwire serves/);
      return { daemon, pid: firstProcessOf(daemon.pid) };
    };
    return { lab, volume, container, inside, serve };
  };

  test(
    "serves without root, by two capabilities alone, is healthy, and ends with 0",
    async () => {
      const { lab, volume, inside, serve } = open();
      expect(stage.volumes).toEqual([image.workdir]);
      // As docs/deployment.md has it.
      await runTool("sh", ["-c", 'mkdir "$0" && chown -R 6767 "$0"', volume]);
      const { daemon, pid } = await serve();
      await inside(pid, ...(stage.healthcheck ?? expect.fail("no HEALTHCHECK")));

      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      expect(status).toMatch(/^Uid:\t6767\t6767\t6767\t6767$/m);
      expect(BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(status)?.[1]}`)).toBe(CAPABILITIES);
      expect(BigInt(`0x${/^CapBnd:\t(\w+)$/m.exec(status)?.[1]}`)).toBe(CAPABILITIES);
      const loader = join(lab.folder, "loader");
      lab.client("curl", ["--silent", "--fail", "--output", loader, "tftp://10.99.0.1/undionly.kpxe"]);
      expect(statSync(loader).size).toBeGreaterThan(50_000);
      const cli = ["sh", "/opt/bootwire/docker/entrypoint.sh", "machines", "--json"];
      expect(JSON.parse(await inside(pid, ...cli))).toEqual({ machines: [] });
      await expect(inside(pid, "touch", "/opt/bootwire/new")).rejects.toThrow("Read-only file system");

      process.kill(pid, "SIGTERM");
      expect(await daemon.ended).toBe(0);
      const files = readdirSync(volume, { recursive: true, encoding: "utf8" });
      expect(files).toEqual(expect.arrayContaining(["bootwire.yaml", "media", "state/state.db"]));
      expect(files.filter((name) => statSync(join(volume, name)).uid !== USER)).toEqual([]);

      // It finds its own again, and makes nothing new.
      const second = await serve();
      expect(second.daemon.output()).not.toContain("NOTHING WILL BE INSTALLED");
      process.kill(second.pid, "SIGTERM");
      expect(await second.daemon.ended).toBe(0);
    },
    5 * MINUTE,
  );

  test("is not healthy where nothing serves", async () => {
    const { lab, volume, container } = open();
    mkdirSync(volume);
    const check = container.start(stage.healthcheck ?? []);
    const { command, args } = lab.inServer(check.command, check.args);
    await expect(runTool(command, args)).rejects.toThrow("ECONNREFUSED");
  });

  test("has what the daemon needs, and nothing of what builds it", async () => {
    const { root } = image;
    const has = (path: string) => existsSync(join(root, path));
    expect(has("opt/bootwire/.cache/boot-assets/manifest.json")).toBe(true);
    expect(await runTool("chroot", [root, "qemu-img", "--version"])).toContain("qemu-img version");
    for (const path of ["node_modules/typescript", "node_modules/vite", "src", "test", ".git"])
      expect(has(`opt/bootwire/${path}`), path).toBe(false);
  });
});

describe("the Dockerfile's reader", () => {
  const stage = "FROM node:24-trixie-slim\n";
  test.each([
    ["an instruction that it does not know", `${stage}ARG VERSION=1\n`],
    ["a word that is none", `${stage}run true\n`],
    ["options of RUN", `${stage}RUN --mount=type=cache,target=/x true\n`],
    ["RUN without a shell", `${stage}RUN ["true"]\n`],
    ["a here-document", `${stage}RUN <<EOF\ntrue\nEOF\n`],
    ["options of COPY", `${stage}COPY --chown=1 a b\n`],
    ["patterns", `${stage}COPY *.json ./\n`],
    ["many files and no folder", `${stage}COPY a b c\n`],
    ["a variable", `${stage}WORKDIR $HOME\n`],
    ["an entry point by shell", `${stage}ENTRYPOINT node x\n`],
    ["a platform", "FROM --platform=linux/amd64 node:24-trixie-slim\n"],
    ["what stands before the first stage", `RUN true\n${stage}`],
    ["a directive", `# escape=\`\n${stage}`],
  ])("refuses %s", (_what, text) => {
    expect(() => readDockerfile(text)).toThrow();
  });

  test("reads what is broken over lines, and between remarks", () => {
    const text = `# What it is.\n${stage}RUN a && \\\n  # why\n  b\nCOPY --from=x /a /b/\n`;
    expect(readDockerfile(text)[0]?.steps).toEqual([
      { kind: "run", script: "a &&    b" },
      { kind: "copy", stage: "x", sources: ["/a"], target: "/b/" },
    ]);
  });

  test("takes plain paths of .dockerignore alone", () => {
    expect(ignoring("# rest\n.git\ndocker/bootwire/\n").slice(2)).toEqual([
      "--exclude=./.git",
      "--exclude=./docker/bootwire",
    ]);
    expect(() => ignoring("*.log\n")).toThrow("*.log");
    expect(() => ignoring("!keep\n")).toThrow("!keep");
  });
});
