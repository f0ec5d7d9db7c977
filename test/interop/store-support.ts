import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The built product: worker threads and child processes cannot run TypeScript on Node 20. */
export function built(path: string): string {
  const file = fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is not there: run \`npm run build\` first`);
  return file;
}

/** The built module, typed as its source. */
export async function importBuilt<M>(path: string): Promise<M> {
  const module: M = await import(built(path));
  return module;
}

/** A child process that tells line by line what it has answered for. */
export class Witness {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  #stderr = "";
  readonly #ended: Promise<void>;
  #onLine: () => void = () => undefined;

  constructor(script: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    child.stderr.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    const reader = createInterface({ input: child.stdout });
    reader.on("line", (line) => {
      this.lines.push(line);
      this.#onLine();
    });
    const closed = new Promise<void>((resolve) => reader.on("close", resolve));
    const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
    this.#ended = Promise.all([closed, exited]).then(() => undefined);
  }

  /** Resolves when the child has said so many lines; rejects when it ends before. */
  async said(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#onLine = () => {
        if (this.lines.length >= count) resolve();
      };
      this.#onLine();
    });
    await Promise.race([
      enough,
      this.#ended.then(() => {
        if (this.lines.length < count) throw new Error(`the child ended early: ${this.#stderr}`);
      }),
    ]);
  }

  /** Kills it where it stands, and waits until all that it had said is here. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }
}
