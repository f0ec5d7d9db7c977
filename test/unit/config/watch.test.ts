import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { createPasswordHasher } from "../../../src/config/passwords.ts";
import { type ConfigWatcher, watchConfig } from "../../../src/config/watch.ts";

/** What the watcher told, in order; `next` waits for what comes. */
class Told {
  readonly #all: string[] = [];
  #waiting: ((told: string) => void) | undefined;

  add(told: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(told);
    else this.#all.push(told);
  }

  next(): Promise<string> {
    const first = this.#all.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  get left(): readonly string[] {
    return this.#all;
  }
}

describe("watching a config", () => {
  let folder: string;
  let file: string;
  let told: Told;
  let watcher: ConfigWatcher | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bootwire-watch-"));
    file = join(folder, "bootwire.yaml");
    told = new Told();
    await writeFile(file, "http: {port: 1}\n");
  });

  afterEach(async () => {
    await watcher?.close();
    watcher = undefined;
    await rm(folder, { recursive: true });
  });

  const start = async (path = file, seen?: string) => {
    watcher = await watchConfig({
      path,
      seen: seen ?? (await loadConfig(path)).digest,
      hashPassword: createPasswordHasher(),
      schedule: (action, milliseconds) => {
        const timer = setTimeout(action, milliseconds);
        return () => clearTimeout(timer);
      },
      now: () => Date.now(),
      onConfig: ({ config }) => told.add(`port ${config.http.port}`),
      onProblems: (problems) =>
        told.add(problems.map((one) => `${one.line}:${one.column} ${one.code}`).join(", ")),
      onError: (error) => told.add(`error ${String(error)}`),
    });
    return watcher;
  };

  test("tells of a new config, of what is wrong with a bad one, and of its repair", async () => {
    await start();
    await writeFile(file, "http: {port: 2}\n");
    expect(await told.next()).toBe("port 2");
    await writeFile(file, "http:\n  prot: 3\n");
    expect(await told.next()).toBe("2:3 BW_CONFIG_UNKNOWN_KEY");
    await writeFile(file, "http: {port: 2}\n");
    expect(await told.next()).toBe("port 2");
  });

  test("sees a file that is put in the place of another, as editors do", async () => {
    await start();
    for (const port of [2, 3]) {
      await writeFile(join(folder, ".bootwire.yaml.swp"), `http: {port: ${port}}\n`);
      await rename(join(folder, ".bootwire.yaml.swp"), file);
      expect(await told.next()).toBe(`port ${port}`);
    }
  });

  test("sees a link that is turned to another folder, as Kubernetes does", async () => {
    for (const [name, port] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "linked.yaml"), `http: {port: ${port}}\n`);
    }
    await symlink("one", join(folder, "..data"));
    await symlink("..data/linked.yaml", join(folder, "linked.yaml"));
    await start(join(folder, "linked.yaml"));
    await symlink("two", join(folder, "..data_tmp"));
    await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    expect(await told.next()).toBe("port 2");
  });

  test("tells of a file that is gone, and of its return", async () => {
    await start();
    await unlink(file);
    expect(await told.next()).toBe("1:1 BW_CONFIG_UNREADABLE");
    await writeFile(file, "http: {port: 2}\n");
    expect(await told.next()).toBe("port 2");
  });

  test("is silent where only the time of the file changed, or another file", async () => {
    await start();
    await writeFile(file, "http: {port: 1}\n");
    await writeFile(join(folder, "other.yaml"), "x\n");
    await writeFile(file, "http: {port: 2}\n");
    expect(await told.next()).toBe("port 2");
    expect(told.left).toEqual([]);
  });

  test("tells of what changed before it was there", async () => {
    const { digest } = await loadConfig(file);
    await writeFile(file, "http: {port: 2}\n");
    await start(file, digest);
    expect(await told.next()).toBe("port 2");
  });

  test("reads at once when it is asked to, and does not tell twice", async () => {
    const watching = await start();
    await writeFile(file, "http: {port: 2}\n");
    expect(await watching.reload()).toMatchObject({ ok: true, config: { http: { port: 2 } } });
    await writeFile(file, "http: {port: 3}\n");
    expect(await told.next()).toBe("port 3");
    expect(told.left).toEqual([]);
  });

  test("tells nothing after it was closed", async () => {
    const watching = await start();
    await writeFile(file, "http: {port: 2}\n");
    await watching.close();
    watcher = undefined;
    await writeFile(file, "http: {port: 3}\n");
    expect(told.left).toEqual([]);
  });
});
