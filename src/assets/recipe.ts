import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

/** Name that we give a file → where its package may have it, tried in turn. */
const PICKS = z.record(z.string(), z.array(z.string()).nonempty());
const PACKAGE = z.object({ package: z.string(), files: PICKS });

const RECIPE = z.object({
  loaders: z.array(PACKAGE),
  installer: z.object({
    kernel: z.string(),
    modules: z.array(z.string()),
    programs: z.array(PACKAGE),
    libraries: z.array(z.string()),
  }),
});

/** What is taken out of which Debian packages: the content of `boot-assets/packages.yaml`. */
export type Recipe = z.output<typeof RECIPE>;

/** Changes when the same packages would be made into something else: assets made by another version are made anew. */
const MAKER = "2";

/** The recipe that comes with the program. */
export function builtInRecipe(): string {
  return fileURLToPath(new URL("../../boot-assets/packages.yaml", import.meta.url));
}

/** Reads a recipe; `digest` tells whether assets were made by this very recipe. Rejects when the file is not one. */
export async function readRecipe(
  path: string,
): Promise<{ readonly recipe: Recipe; readonly digest: string }> {
  const text = await readFile(path, "utf8");
  const digest = createHash("sha256").update(`${MAKER}\n${text}`).digest("hex");
  return { recipe: RECIPE.parse(parse(text)), digest };
}
