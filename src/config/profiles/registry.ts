import { z } from "zod";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { type DebianProfile, debianMedia, debianProfile, resolveDebian } from "./debian.ts";
import { type ImageProfile, imageMedia, imageProfile, resolveImage } from "./image.ts";

/*
 * The profiles, by installer: a new one gets a file beside this one (what an admin writes, what is made of it, which
 * media it needs) and a line in each list below.
 */

/** What an admin writes below `profiles:`. */
export const profileSchema = z.discriminatedUnion("installer", [imageProfile, debianProfile]);

export type ProfileFile = z.output<typeof profileSchema>;

export type ProfileConfig = ImageProfile | DebianProfile;

/** Puts a profile's own settings beside those that all have. */
export function resolveOwn(written: ProfileFile, base: ProfileBase): ProfileConfig {
  switch (written.installer) {
    case "image":
      return resolveImage(written, base);
    case "debian":
      return resolveDebian(written, base);
  }
}

/** The files of the media folder that a profile cannot do without. */
export function mediaOf(profile: ProfileConfig): readonly MediaFile[] {
  switch (profile.installer) {
    case "image":
      return imageMedia(profile);
    case "debian":
      return debianMedia(profile);
  }
}
