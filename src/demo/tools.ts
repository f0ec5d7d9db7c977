import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian keeps tools for administrators outside of an ordinary user's PATH. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
/** Longest that a tool may take when nothing else is said, in milliseconds. */
const DEADLINE = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** The environment of the tools that we start: this one's, with the administrators' folders. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: FOLDERS.join(delimiter), LC_ALL: "C.UTF-8" };
}

/** The absolute path of a program, or `undefined` when it is not installed. */
export function findTool(name: string): string | undefined {
  for (const folder of FOLDERS) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder, or not executable there: the next one may have it.
    }
  }
  return undefined;
}

export interface ToolOptions {
  /** Milliseconds. */
  readonly deadline?: number;
  readonly cwd?: string;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end and returns what it printed. Rejects, with its last words, when it fails, takes too long or
 * is told to end by the signal; it has ended in any case.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      {
        env: toolEnvironment(),
        timeout: options.deadline ?? DEADLINE,
        maxBuffer: MAX_OUTPUT,
        ...(options.cwd !== undefined && { cwd: options.cwd }),
        ...(options.signal && { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        const settle = () => {
          if (!error) return resolve(stdout);
          const why = error.killed ? "was ended" : `failed (${error.code ?? error.signal ?? "?"})`;
          const words = `${stdout}\n${stderr}`.trim().slice(-2000);
          reject(new Error(`${command} ${args.join(" ").slice(0, 200)} ${why}:\n${words}`, { cause: error }));
        };
        // An aborted program is reported at once, while it may still be cleaning up.
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) settle();
        else child.once("exit", settle);
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}
