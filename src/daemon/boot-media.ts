import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { prepareAssets } from "../assets/installer-initrd.ts";
import { defaultAssetFolder } from "../assets/load.ts";
import type { Machines } from "../machines/machines.ts";
import { Catalogue } from "../media/catalogue.ts";
import { DigestIndex } from "../media/digest-index.ts";
import { ImagePreparer } from "../media/image-preparer.ts";
import type { Closers } from "./closers.ts";
import type { LiveConfig } from "./live-config.ts";

/** What there is to boot: loaders and the media folder, and the disk images that are made ready. */
export interface BootMedia {
  readonly catalogue: Catalogue;
  readonly images: ImagePreparer;
}

/** Finds the loaders (in `assets`; undefined: where `npm start` puts them) and the media. Throws what is missing. */
export async function openBootMedia(
  live: LiveConfig,
  assets: string | undefined,
  closers: Closers,
): Promise<BootMedia> {
  const { state, media } = live.active.config;
  await mkdir(media, { recursive: true });
  const prepared = await prepareAssets(assets ?? defaultAssetFolder(), live.templates, join(state, "cache"));
  const mediaFolder = () => live.active.config.media;
  const catalogue = new Catalogue(prepared, mediaFolder);
  const images = new ImagePreparer(catalogue, mediaFolder, new DigestIndex(join(state, "digests.json")));
  closers.add("media", () => images.close());
  return { catalogue, images };
}

/** Begins to make the images ready that the next network boots need; nobody waits for it. */
export function prepareImages(
  live: LiveConfig,
  images: ImagePreparer,
  machines: Machines,
  log: Logger,
): void {
  for (const host of live.active.config.hosts) {
    if (host.profile?.installer !== "image" || machines.preview(host).kind !== "install") continue;
    images
      .status(host.profile)
      .catch((error: unknown) => log.error({ err: error }, "media cannot be looked at"));
  }
}
