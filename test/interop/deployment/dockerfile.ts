import { z } from "zod";

/** What changes the files of an image, or says how that is done from there on. */
export type Step =
  | { readonly kind: "run"; readonly script: string }
  | {
      readonly kind: "copy";
      /** The stage that it comes from; undefined: the folder that is built. */
      readonly stage: string | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly kind: "workdir"; readonly path: string }
  | { readonly kind: "user"; readonly name: string };

/** One image of a Dockerfile. */
export interface Stage {
  readonly from: string;
  /** `AS name`. */
  readonly name: string | undefined;
  readonly steps: readonly Step[];
  /** How a container of it is run. */
  readonly volumes: readonly string[];
  readonly healthcheck: readonly string[] | undefined;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** Reads a Dockerfile, as far as ours goes. Throws at everything that it does not know: that would not be tested. */
export function readDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  if (/^#\s*\w+\s*=/.test(text)) throw new Error("the Dockerfile begins with a directive for its parser");
  const whole = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\s*\n/g, " ");
  for (const line of whole.split("\n").map((one) => one.trim())) {
    if (line === "") continue;
    const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (name === "FROM") stages.push(stageFrom(rest));
    else if (stage) stages[stages.length - 1] = { ...stage, ...told(stage, name, rest, line) };
    else throw new Error(`${line}: stands before the first FROM`);
  }
  return stages;
}

function stageFrom(rest: string): Stage {
  const [, from = "", name] =
    /^([^\s$-]\S*)(?: AS (\S+))?$/.exec(rest) ?? unknown(`FROM ${rest}`, "not an image, with or without AS");
  return { from, name, steps: [], volumes: [], healthcheck: undefined, entrypoint: [], command: [] };
}

/** What an instruction changes of its stage. */
function told(stage: Stage, name: string, rest: string, line: string): Partial<Stage> {
  const word = () => (/^[^\s$"[-]+$/.test(rest) ? rest : unknown(line, "more than a plain word"));
  const step = (one: Step) => ({ steps: [...stage.steps, one] });
  switch (name) {
    case "RUN":
      // Options, the form without a shell, and here-documents.
      if (/^(--|\[)|<</.test(rest)) return unknown(line, "not a plain command");
      return step({ kind: "run", script: rest });
    case "COPY":
      return step(copyStep(rest, line));
    case "WORKDIR":
      return step({ kind: "workdir", path: word() });
    case "USER":
      return step({ kind: "user", name: word() });
    case "VOLUME":
      return { volumes: [...stage.volumes, word()] };
    case "HEALTHCHECK": {
      const [, command] = /^(?:--[a-z-]+=\d+[smh]? )*CMD (.*)$/.exec(rest) ?? [];
      return { healthcheck: wordsOf(command ?? "", line) };
    }
    case "ENTRYPOINT":
      return { entrypoint: wordsOf(rest, line) };
    case "CMD":
      return { command: wordsOf(rest, line) };
    default:
      return unknown(line, "an instruction that this test cannot carry out: teach it");
  }
}

function copyStep(rest: string, line: string): Step {
  const [, stage, paths = ""] = /^(?:--from=(\S+) )?([^-[$*?<]+(?:[^[$*?<]*))$/.exec(rest) ?? [];
  const sources = paths.split(/\s+/);
  const target = sources.pop() ?? "";
  if (sources.length === 0 || / --/.test(paths)) return unknown(line, "not plain paths");
  if (sources.length > 1 && !target.endsWith("/")) return unknown(line, "many files and no folder for them");
  return { kind: "copy", stage, sources, target };
}

/** The form that is run without a shell, as JSON. */
function wordsOf(json: string, line: string): string[] {
  try {
    return z.array(z.string()).min(1).parse(JSON.parse(json));
  } catch {
    return unknown(line, 'not of the form ["…", "…"]');
  }
}

function unknown(line: string, why: string): never {
  throw new Error(`${line}: ${why}`);
}

/** The options of `tar` that leave out what a .dockerignore names. Throws at patterns: only plain paths are known. */
export function ignoring(dockerignore: string): string[] {
  const paths = dockerignore.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const odd = paths.find((path) => /[*?!\s[\]\\]/.test(path));
  if (odd !== undefined) throw new Error(`.dockerignore: ${odd} is no plain path`);
  return ["--anchored", "--no-wildcards", ...paths.map((path) => `--exclude=./${path.replace(/\/$/, "")}`)];
}
