import { moduleInfo } from "./elf.ts";

/** The modules of one kernel, as its package has them. */
export interface ModuleTree {
  /** Paths below `lib/modules/<version>/`, of modules only. */
  readonly paths: readonly string[];
  /** Lines of `modules.builtin`: paths of what the kernel has inside. */
  readonly builtIn: readonly string[];
  /** The ELF file of a module, unpacked. */
  read(path: string): Promise<Buffer>;
}

/** A choice of modules that can be loaded with nothing else there. */
export interface ModuleSelection {
  /** By path below `lib/modules/<version>/`; always unpacked, the path without `.xz`. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** `modules.dep` and `modules.alias` in depmod's form. */
  readonly dependencies: string;
  readonly aliases: string;
  /** Wanted, but neither a module nor built into this kernel. */
  readonly absent: readonly string[];
}

interface Module {
  readonly name: string;
  readonly path: string;
  readonly file: Buffer;
  /** Names; soft dependencies ("pre") too, since busybox's modprobe knows none. */
  readonly needs: readonly string[];
  readonly aliases: readonly string[];
}

/**
 * Picks modules and all that they need out of a kernel package, and makes the indexes that depmod would make (the
 * package has none: they are made where it is installed).
 */
export async function selectModules(tree: ModuleTree, wanted: readonly string[]): Promise<ModuleSelection> {
  const byName = new Map(tree.paths.map((path) => [moduleName(path), path]));
  const builtIn = new Set(tree.builtIn.map(moduleName));
  const absent: string[] = [];
  const chosen = new Map<string, Module>();

  const queue = [...wanted];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const canonical = moduleName(name);
    if (chosen.has(canonical)) continue;
    const path = byName.get(canonical);
    if (path === undefined) {
      // A soft dependency may be an alias of something that is there under another name; only wishes are reported.
      if (wanted.includes(name) && !builtIn.has(canonical)) absent.push(canonical);
      continue;
    }
    const module = describe(canonical, path, await tree.read(path));
    chosen.set(canonical, module);
    queue.push(...module.needs);
  }

  const modules = [...chosen.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files: new Map(modules.map(({ path, file }) => [path, file])),
    dependencies: modules.map((module) => dependencyLine(module, chosen)).join(""),
    aliases: modules
      .flatMap(({ name, aliases }) => aliases.map((alias) => `alias ${alias} ${name}\n`))
      .join(""),
    absent,
  };
}

/** `kernel/fs/nls/nls_iso8859-1.ko.xz` → `nls_iso8859_1`: the kernel takes `-` and `_` for the same. */
function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");
}

function describe(name: string, path: string, file: Buffer): Module {
  const info = moduleInfo(file);
  const hard = (info.get("depends") ?? []).flatMap((names) => names.split(","));
  const soft = (info.get("softdep") ?? []).flatMap(
    (text) => /\bpre:([^:]*?)(?=\s*(?:\bpost:|$))/.exec(text)?.[1]?.split(/\s+/) ?? [],
  );
  return {
    name,
    path: path.replace(/\.xz$/, ""),
    file,
    needs: [...hard, ...soft].filter((need) => need !== ""),
    aliases: info.get("alias") ?? [],
  };
}

/** `a.ko: b.ko c.ko`: all that it needs, directly or not; the last one is to be loaded first. */
function dependencyLine(module: Module, chosen: ReadonlyMap<string, Module>): string {
  const order: Module[] = [];
  const seen = new Set([module.name]);
  const visit = (current: Module): void => {
    for (const need of current.needs) {
      const other = chosen.get(moduleName(need));
      if (!other || seen.has(other.name)) continue;
      seen.add(other.name);
      visit(other);
      order.push(other);
    }
  };
  visit(module);
  return `${module.path}:${order
    .reverse()
    .map(({ path }) => ` ${path}`)
    .join("")}\n`;
}
