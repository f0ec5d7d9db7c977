import type { ImageProfile } from "../config/profiles/image.ts";
import { BootwireError } from "../errors.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { COMMON_FEATURES, type Feature } from "./feature.ts";
import { imageFormat } from "./image-format.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { cloudInitFiles } from "./nocloud.ts";
import { usedFeatures } from "./used-features.ts";
import { installView } from "./view.ts";

/** Content paths of the image installer's own kernel and initrd (one file: old iPXE on UEFI passes on only one). */
export const IMAGE_INSTALLER_KERNEL = "assets/installer/linux";
export const IMAGE_INSTALLER_INITRD = "assets/installer/initrd.gz";

/**
 * Writes a ready disk image onto the machine's disk and gives it a cloud-init seed. The work is done by the scripts of
 * `templates/image/` in our own initrd; all that they need to know stands on the kernel command line.
 */
export function imageInstaller(templates: Templates): Installer<ImageProfile, LinuxPlan> {
  return {
    expresses: new Set([...COMMON_FEATURES, "vlan", "bond", "template"]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    minimumMemory: 512,
    obstacle,
    boot: (context) => bootPlan(context),
    answers: (context) => (seedOf(context.profile) === "none" ? new Map() : seedFiles(context, templates)),
  };
}

/**
 * What is written is the image alone: a system that takes no seed, or that is to be a golden image, is as it is in the
 * file. Clones get what is theirs from their own cloud-init drive.
 */
function seedOf(profile: ImageProfile): "nocloud" | "none" {
  return profile.template ? "none" : profile.seed;
}

function obstacle(context: InstallContext<ImageProfile>): BootwireError | undefined {
  const { host, profile } = context;
  if (!profile.template) return undefined;
  const lost = usedFeatures(context).filter(({ feature }) => !WITHOUT_SEED.has(feature));
  if (lost.length === 0) return undefined;
  const words = lost.map((used) => used.words).join("; ");
  return new BootwireError(
    "BW_INSTALLER_CANNOT",
    `installer image (profile ${profile.name}) makes golden images of an image as it is, and cannot give ${host.name} this: ${words}`,
    "Leave it to the clones' cloud-init, or make the golden image with an installer: ubuntu, debian or kickstart.",
  );
}

/** What the image installer does by itself, and what is our own name for a machine rather than the system's. */
const WITHOUT_SEED: ReadonlySet<Feature> = new Set(["disk", "template", "domain"]);

function bootPlan(context: InstallContext<ImageProfile>): LinuxPlan {
  const { host, profile, image } = context;
  const format = imageFormat(profile.image);
  if (format === undefined) {
    throw new BootwireError(
      "BW_IMAGE_FORMAT",
      `the image ${profile.image} of profile ${profile.name} has an ending that says nothing of its format`,
      "Name it .raw or .img, these with .gz, .xz or .zst behind, or .qcow2.",
    );
  }
  const url = `${context.baseUrl}/media/${profile.image.split("/").map(encodeURIComponent).join("/")}`;
  const commandLine = [
    `bootwire.url=${context.attemptUrl}`,
    `bootwire.image=${format === "qcow2" ? `${url}?as=raw` : url}`,
    `bootwire.format=${format === "qcow2" ? "raw" : format}`,
    `bootwire.seed=${seedOf(profile)}`,
    `bootwire.deadline=${profile.attempts.timeout}`,
  ];
  if (image !== undefined) {
    commandLine.push(`bootwire.sha256=${image.sha256}`, `bootwire.size=${image.size}`);
    if (image.rawSize !== undefined) commandLine.push(`bootwire.rawsize=${image.rawSize}`);
  }
  if (profile.template) commandLine.push("bootwire.after=poweroff");
  if (host.disk !== undefined) commandLine.push(`bootwire.disk=${host.disk}`);
  commandLine.push(
    // pxelinux's form of "the interface that booted": 01 is ARP hardware type Ethernet.
    `BOOTIF=01-${macWithHyphens(host.mac)}`,
    // The screen and the serial port; our scripts write to both.
    "console=tty0",
    "console=ttyS0,115200",
    // A kernel that dies starts the machine again, so that it never hangs for ever.
    "panic=30",
    "loglevel=4",
    // All that our scripts say, however fast they say it.
    "printk.devkmsg=on",
  );
  return { kind: "linux", kernel: IMAGE_INSTALLER_KERNEL, initrd: IMAGE_INSTALLER_INITRD, commandLine };
}

/** The three files of cloud-init's NoCloud seed. */
function seedFiles(context: InstallContext<ImageProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  return cloudInitFiles(installView(context), templates);
}
