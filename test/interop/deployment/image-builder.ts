import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { aptSources } from "../../../src/demo/image-root.ts";
import { findTool, runTool } from "../../../src/demo/tools.ts";
import { ignoring, type Stage, type Step } from "./dockerfile.ts";

const MINUTE = 60_000;

/** What the machine's own commands need to get out of it, where that takes more than a name server. */
const WAY_OUT = [
  /^(?:https?|ftp|all|no)_proxy$/i,
  /^npm_config_(?:registry|cafile)$/i,
  /^NODE_EXTRA_CA_CERTS$/,
  /^SSL_CERT_(?:FILE|DIR)$/,
];
/** That of Docker's images. */
export const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What Debian's slim images leave out, and no dpkg that waits for the disk: their own are told the same. */
const SLIM = [
  ...["doc", "man", "groff", "info", "lintian", "locale"].map((name) => `path-exclude=/usr/share/${name}/*`),
  "force-unsafe-io",
].map((option) => `--dpkgopt=${option}`);

/** What has become of a stage: its files, and what its instructions have set. */
export interface Built {
  readonly root: string;
  readonly user: string;
  readonly workdir: string;
}

/**
 * Plays Docker's part: each stage becomes a folder with a fresh Debian in it, and its instructions are carried out there.
 * Returns the last stage, which is the image. Throws what a failed step printed.
 */
export async function buildImage(stages: readonly Stage[], folder: string): Promise<Built> {
  const base = join(folder, "base");
  await makeBase(base, folder);
  const built = new Map<string, Built>();
  let last: Built | undefined;
  for (const [i, { from, name, steps }] of stages.entries()) {
    if (!/^node:\d+-[a-z]+-slim$/.test(from))
      throw new Error(`FROM ${from}: it is not known what is in that`);
    last = { root: join(folder, `stage${i}`), user: "root", workdir: "/" };
    if (i === stages.length - 1) renameSync(base, last.root);
    else await runTool("cp", ["--archive", "--reflink=auto", base, last.root], { deadline: 5 * MINUTE });
    for (const step of steps) last = await carryOut(step, last, built);
    if (name !== undefined) built.set(name, last);
  }
  return last ?? Promise.reject(new Error("no FROM"));
}

/**
 * What stands for `node:24-…-slim`, which there is no Docker to fetch: Debian's smallest, of the release of this machine's
 * apt, with this machine's own Node and npm where that image has them. So it is the steps that are tested here, and not
 * that image or Node 24.
 */
async function makeBase(base: string, folder: string): Promise<void> {
  const { suite, lines } = await aptSources();
  const sources = join(folder, "sources.list");
  writeFileSync(sources, lines);
  // In a mount namespace of its own: what it mounts into the folder is never there for whoever deletes the folder.
  const options = ["--variant=minbase", "--format=directory", ...SLIM];
  await runTool("unshare", ["--mount", "mmdebstrap", ...options, suite, base, sources], {
    deadline: 10 * MINUTE,
  });

  const npm = dirname(dirname(realpathSync(findTool("npm") ?? "npm")));
  // Debian's own has its parts all over the system.
  if (!existsSync(join(npm, "node_modules"))) throw new Error(`the npm in ${npm} is not whole`);
  place(process.execPath, join(base, "usr/local/bin/node"));
  place(npm, join(base, "usr/local/lib/node_modules/npm"));
  await runTool("ln", ["-s", "../lib/node_modules/npm/bin/npm-cli.js", join(base, "usr/local/bin/npm")]);

  // The way out of this machine is that of the steps too. Whatever is in these files goes with the folder.
  const setting = async (name: string) => (await runTool("npm", ["config", "get", name])).trim();
  place(await setting("globalconfig"), join(base, "usr/local/etc/npmrc"));
  place(await setting("userconfig"), join(base, "root/.npmrc"));
  const certificates = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].map((name) => process.env[name]);
  for (const file of [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/ssl/certs",
    await setting("cafile"),
    ...certificates,
  ])
    if (file?.startsWith("/")) place(file, join(base, file));
}

/** Copies a file or folder, where there is one, over what is there; links become what they name. */
function place(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true, force: true });
}

async function carryOut(step: Step, at: Built, stages: ReadonlyMap<string, Built>): Promise<Built> {
  switch (step.kind) {
    case "workdir":
      mkdirSync(join(at.root, step.path), { recursive: true });
      return { ...at, workdir: step.path };
    case "user":
      return { ...at, user: step.name };
    case "run":
      await runStep(step.script, at);
      return at;
    case "copy":
      await copy(step, at, stages);
      return at;
  }
}

async function runStep(script: string, { root, user, workdir }: Built): Promise<void> {
  const wayOut = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && WAY_OUT.some((one) => one.test(name)) ? [`${name}=${value}`] : [],
  );
  const mounts = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@"';
  const environment = [`--chdir=${workdir}`, `PATH=${PATH}`, "HOME=/root", ...wayOut];
  const inside = ["chroot", `--userspec=${user}`, root, "env", "-i", ...environment, "/bin/sh", "-c", script];
  const apart = ["--mount", "--pid", "--fork", "--kill-child"];
  await runTool("unshare", [...apart, "sh", "-c", mounts, root, ...inside], { deadline: 10 * MINUTE });
}

/** Whatever is copied belongs to root, as Docker has it. */
async function copy(
  { stage, sources, target }: Extract<Step, { kind: "copy" }>,
  at: Built,
  stages: ReadonlyMap<string, Built>,
): Promise<void> {
  const to = join(at.root, target.startsWith("/") ? target : join(at.workdir, target));
  const from = stage === undefined ? "." : stages.get(stage)?.root;
  if (from === undefined) throw new Error(`COPY --from=${stage}: there is no such stage`);
  for (const source of sources) {
    const path = join(from, source);
    if (statSync(path).isDirectory()) {
      mkdirSync(to, { recursive: true });
      const ignored = stage === undefined ? ignoring(readFileSync(".dockerignore", "utf8")) : [];
      const pipe =
        'from=$1; to=$2; shift 2; tar -C "$from" "$@" -cf - . | tar -C "$to" --no-same-owner -xpf -';
      const all = ["-o", "pipefail", "-c", pipe, "bash", path, to, ...ignored];
      await runTool("bash", all, { deadline: 5 * MINUTE });
    } else {
      const file = target.endsWith("/") ? join(to, basename(path)) : to;
      mkdirSync(dirname(file), { recursive: true });
      await runTool("cp", ["--archive", path, file]);
      await runTool("chown", ["root:root", file]);
    }
  }
}
