import { Command } from "commander";
import { BootwireError } from "../errors.ts";
import { fetchAssets } from "./fetch.ts";
import { defaultAssetFolder } from "./load.ts";
import { builtInRecipe } from "./recipe.ts";

const program = new Command("bootwire-assets").description(
  "Brings the boot loaders and the image installer's kernel here, out of Debian packages.",
);

program
  .command("fetch")
  .description("download what is missing with apt; nothing is installed, no rights are needed")
  .option("--into <folder>", "where to put it", defaultAssetFolder())
  .option("--force", "fetch again what is there", false)
  .action(async (options: { into: string; force: boolean }) => {
    const note = (text: string) => console.log(`boot assets: ${text}`);
    const fetched = await fetchAssets({ ...options, recipe: builtInRecipe(), note });
    note(fetched ? `ready in ${options.into}` : `complete in ${options.into}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof BootwireError)) throw error;
  console.error(`${error.code}: ${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
