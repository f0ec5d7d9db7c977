import { z } from "zod";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { type AgamaProfile, agamaMedia, agamaProfile, resolveAgama } from "./agama.ts";
import { type AlpineProfile, alpineMedia, alpineProfile, resolveAlpine } from "./alpine.ts";
import { type AutoyastProfile, autoyastMedia, autoyastProfile, resolveAutoyast } from "./autoyast.ts";
import { type CoreosProfile, coreosMedia, coreosProfile, resolveCoreos } from "./coreos.ts";
import { type CustomProfile, customMedia, customProfile, resolveCustom } from "./custom.ts";
import { type DebianProfile, debianMedia, debianProfile, resolveDebian } from "./debian.ts";
import { type FaiProfile, faiMedia, faiProfile, resolveFai } from "./fai.ts";
import { type FlatcarProfile, flatcarMedia, flatcarProfile, resolveFlatcar } from "./flatcar.ts";
import { type ImageProfile, imageMedia, imageProfile, resolveImage } from "./image.ts";
import { type KickstartProfile, kickstartMedia, kickstartProfile, resolveKickstart } from "./kickstart.ts";
import { type ProxmoxProfile, proxmoxMedia, proxmoxProfile, resolveProxmox } from "./proxmox.ts";
import { resolveTalos, type TalosProfile, talosMedia, talosProfile } from "./talos.ts";
import { resolveUbuntu, type UbuntuProfile, ubuntuMedia, ubuntuProfile } from "./ubuntu.ts";
import { resolveWindows, type WindowsProfile, windowsMedia, windowsProfile } from "./windows.ts";

/*
 * The profiles, by installer: a new one gets a file beside this one (what an admin writes, what is made of it, which
 * media it needs) and a line in each list below.
 */

/** What an admin writes below `profiles:`. */
export const profileSchema = z.discriminatedUnion("installer", [
  imageProfile,
  debianProfile,
  autoyastProfile,
  agamaProfile,
  flatcarProfile,
  coreosProfile,
  talosProfile,
  alpineProfile,
  faiProfile,
  windowsProfile,
  customProfile,
  ubuntuProfile,
  kickstartProfile,
  proxmoxProfile,
]);

export type ProfileFile = z.output<typeof profileSchema>;

export type ProfileConfig =
  | ImageProfile
  | DebianProfile
  | AutoyastProfile
  | AgamaProfile
  | FlatcarProfile
  | CoreosProfile
  | TalosProfile
  | AlpineProfile
  | FaiProfile
  | WindowsProfile
  | CustomProfile
  | UbuntuProfile
  | KickstartProfile
  | ProxmoxProfile;

/** Puts a profile's own settings beside those that all have. */
export function resolveOwn(written: ProfileFile, base: ProfileBase): ProfileConfig {
  switch (written.installer) {
    case "image":
      return resolveImage(written, base);
    case "debian":
      return resolveDebian(written, base);
    case "autoyast":
      return resolveAutoyast(written, base);
    case "agama":
      return resolveAgama(written, base);
    case "flatcar":
      return resolveFlatcar(written, base);
    case "coreos":
      return resolveCoreos(written, base);
    case "talos":
      return resolveTalos(written, base);
    case "alpine":
      return resolveAlpine(written, base);
    case "fai":
      return resolveFai(written, base);
    case "windows":
      return resolveWindows(written, base);
    case "custom":
      return resolveCustom(written, base);
    case "ubuntu":
      return resolveUbuntu(written, base);
    case "kickstart":
      return resolveKickstart(written, base);
    case "proxmox":
      return resolveProxmox(written, base);
  }
}

/** The files of the media folder that a profile cannot do without. */
export function mediaOf(profile: ProfileConfig): readonly MediaFile[] {
  switch (profile.installer) {
    case "image":
      return imageMedia(profile);
    case "debian":
      return debianMedia(profile);
    case "autoyast":
      return autoyastMedia(profile);
    case "agama":
      return agamaMedia(profile);
    case "flatcar":
      return flatcarMedia(profile);
    case "coreos":
      return coreosMedia(profile);
    case "talos":
      return talosMedia(profile);
    case "alpine":
      return alpineMedia(profile);
    case "fai":
      return faiMedia(profile);
    case "windows":
      return windowsMedia(profile);
    case "custom":
      return customMedia(profile);
    case "ubuntu":
      return ubuntuMedia(profile);
    case "kickstart":
      return kickstartMedia(profile);
    case "proxmox":
      return proxmoxMedia(profile);
  }
}

const WANT_USERS: Readonly<Record<ProfileConfig["installer"], boolean>> = {
  agama: true,
  alpine: true,
  autoyast: true,
  coreos: true,
  debian: true,
  fai: true,
  flatcar: true,
  kickstart: true,
  ubuntu: true,
  // It may bring users of its own.
  image: false,
  // There are none.
  talos: false,
  // These take none from the config.
  windows: false,
  custom: false,
  // It refuses to go without root's password.
  proxmox: false,
};

/** Whether nobody can get into what is installed but the users of the config. */
export function wantsUsers(installer: unknown): boolean {
  return Object.entries(WANT_USERS).some(([name, wants]) => wants && name === installer);
}
