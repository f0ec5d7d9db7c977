import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { ConfigInvalid } from "../../config/config-invalid.ts";
import { loadConfig } from "../../config/load.ts";
import { BootwireError } from "../../errors.ts";
import { addMedia } from "../../media/add-media.ts";
import { Catalogue } from "../../media/catalogue.ts";
import { describeMedia, listMedia, type MediaFile } from "../../media/media-folder.ts";
import { suggestProfile } from "../../media/suggest-profile.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { mediaTable, mediaText, Progress } from "../media-text.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples, withJson } from "../options.ts";

interface AddOptions extends ConfigOption, JsonOption {
  readonly sha256?: string;
  readonly name?: string;
}

/** `bootwire media`: what can be installed from. Needs no daemon; a running one serves at once what is put there. */
export function mediaCommand(cli: Cli): Command {
  return new Command("media")
    .summary("bring, list and look into ISOs and other media")
    .description("Bring ISOs and other files into the media folder, list them, and say what they are.")
    .addCommand(addCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli));
}

function addCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("add")))
    .summary("fetch or copy a file into the media folder")
    .description(
      "Fetch a file from the web, or copy one, into the media folder, and say what it is. A download that was interrupted goes on where it stopped. The file appears in the folder when it is whole and right.",
    )
    .argument("<file-or-url>", "file, or address that begins with http:// or https://")
    .option("--sha256 <digest>", "SHA-256 that it must have, in hex")
    .option("--name <name>", "name in the media folder; the file's own when left out")
    .action(async (source: string, options: AddOptions) =>
      run(options, async () => {
        const { mediaFolder, catalogue } = await openMedia(options);
        const progress = new Progress(io);
        const { sha256, name } = options;
        if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw noDigest(sha256);
        const added = await addMedia({
          source,
          mediaFolder,
          name,
          sha256,
          onProgress: (done, total) => progress.fetched(done, total),
          onVerify: () => progress.verifying(),
          pause: (milliseconds) =>
            pause(milliseconds, undefined, { ...(io.signal && { signal: io.signal }) }),
          signal: io.signal,
        }).finally(() => progress.end());
        const file = await describeMedia(catalogue, mediaFolder, added.path);
        if (options.json === true) {
          io.out(
            `${JSON.stringify({ ...asJson(file), sha256: added.sha256, present: added.present }, null, 2)}\n`,
          );
        } else {
          io.out(`${added.path}: ${added.present ? "was there already, and is unchanged" : "added"}\n`);
          io.out(mediaText(io, file, added.sha256));
        }
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire media add https://releases.example.org/ubuntu-24.04.3-live-server-amd64.iso --sha256 c3514bf0…",
    "bootwire media add ~/Downloads/proxmox-ve_9.2-1.iso",
  ]);
}

function listCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("list")))
    .summary("list the media folder")
    .description("List the files of the media folder, and what the ISOs among them are.")
    .action(async (options: ConfigOption & JsonOption) =>
      run(options, async () => {
        const { mediaFolder, catalogue } = await openMedia(options);
        const files = await listMedia(catalogue, mediaFolder).catch((error: unknown) => {
          if (isAbsent(error)) return [];
          throw error;
        });
        if (options.json === true) io.out(`${JSON.stringify({ media: files.map(asJson) }, null, 2)}\n`);
        else io.out(files.length === 0 ? `Nothing in ${mediaFolder}.\n` : mediaTable(io, files));
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire media list", "bootwire media list --json | jq -r '.media[].path'"]);
}

function showCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("show")))
    .summary("say what a file of the media folder is")
    .description(
      "Say what a file of the media folder is: product, version, its kernel and initrd, and what to write into the config for it.",
    )
    .argument("<path>", "path in the media folder")
    .action(async (file: string, options: ConfigOption & JsonOption) =>
      run(options, async () => {
        const { mediaFolder, catalogue } = await openMedia(options);
        const described = await describeMedia(catalogue, mediaFolder, file).catch((error: unknown) => {
          throw isAbsent(error) ? notThere(file, mediaFolder) : error;
        });
        if (options.json === true) io.out(`${JSON.stringify(asJson(described), null, 2)}\n`);
        else io.out(mediaText(io, described, undefined));
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire media show ubuntu-24.04.3-live-server-amd64.iso"]);
}

async function openMedia(options: ConfigOption): Promise<{ mediaFolder: string; catalogue: Catalogue }> {
  const file = path.resolve(options.config);
  const loaded = await loadConfig(file);
  if (!loaded.ok) throw new ConfigInvalid(file, loaded.problems);
  const mediaFolder = loaded.config.media;
  return { mediaFolder, catalogue: new Catalogue({ path: () => undefined }, () => mediaFolder) };
}

function asJson({ path: name, size, modifiedAt, iso, damage }: MediaFile) {
  const profile = iso && suggestProfile(iso, name);
  return {
    path: name,
    size,
    modifiedAt: modifiedAt.toISOString(),
    iso: iso ?? null,
    damage: damage ?? null,
    profile: profile ?? null,
  };
}

function noDigest(text: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_DIGEST",
    `${JSON.stringify(text)} is no SHA-256`,
    "Give the 64 hexadecimal digits that the makers publish (in SHA256SUMS or beside the download).",
  );
}

function notThere(file: string, mediaFolder: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_MISSING",
    `there is no ${file} in ${mediaFolder}`,
    "`bootwire media list` shows what is there; `bootwire media add` brings it.",
  );
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
