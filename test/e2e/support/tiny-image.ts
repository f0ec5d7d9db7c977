import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BootLab, LabConfig } from "./boot-lab.ts";

const MIB = 1 << 20;

/**
 * The config of a lab with one machine that installs the smallest image there is, written as it is: for tests of the way
 * to the installer. `profile` is added to the profile.
 */
export async function tinyImageConfig(
  lab: BootLab,
  mac: string,
  config: LabConfig,
  profile: LabConfig = {},
): Promise<LabConfig> {
  const media = lab.path("media");
  await mkdir(media, { recursive: true });
  await writeFile(join(media, "tiny.raw"), randomBytes(MIB));
  return {
    ...config,
    media,
    profiles: { tiny: { installer: "image", image: "tiny.raw", seed: "none", ...profile } },
    hosts: [{ name: "web-1", mac, profile: "tiny" }],
  };
}
