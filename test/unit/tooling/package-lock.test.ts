import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";

const names = z.record(z.string(), z.string()).optional();
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ dependencies: names, optionalDependencies: names })),
});

/** Where Node would look for a package that the one at `path` imports, the nearest place first. */
function places(path: string, name: string): string[] {
  const result = [];
  for (
    let folder = path;
    folder !== "";
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))
  ) {
    result.push(`${folder}/node_modules/${name}`);
  }
  return [...result, `node_modules/${name}`];
}

// npm leaves optional packages of other platforms out of the lock file when its registry does not have them, and then
// `npm ci` refuses that very file.
test("package-lock.json names every package that another one there wants", () => {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !places(path, name).some((place) => place in packages))
      .map((name) => `${path} wants ${name}`),
  );
  expect(missing).toEqual([]);
});
