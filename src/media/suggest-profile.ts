import type { RecognizedIso } from "./recognize-iso.ts";

/** Releases that installer `kickstart` knows. */
const FAMILIES = /^(?:rhel(?:8|9|10)|fedora4[0-3])$/;

/**
 * What to write below `profiles:` for an ISO, as YAML that the config check takes; undefined where there is no installer
 * for it. `path`: where it is in the media folder.
 */
export function suggestProfile(iso: RecognizedIso, path: string): string | undefined {
  const settings = isNameable(path) ? settingsFor(iso, path) : undefined;
  if (!settings) return undefined;
  const name = [iso.product, iso.version]
    .filter((part) => part)
    .join("-")
    .replace(/[^\w.-]/g, "-");
  return [
    "profiles:",
    `  ${name}:`,
    ...Object.entries(settings).map(([key, value]) => `    ${key}: ${quoted(value)}`),
    "",
  ].join("\n");
}

/** What stands in the way of a profile for an ISO that is known, and what to do; undefined: nothing, or nothing can be done. */
export function obstacleToProfile(iso: RecognizedIso, path: string): string | undefined {
  if (!isNameable(path)) {
    return "No profile can name it as it is: rename it, with letters, digits, dots and hyphens alone, and .iso at its end.";
  }
  const suggestible = ["debian", "windows", "unknown"].includes(iso.product) || settingsFor(iso, path);
  return suggestible ? undefined : "No installer here is known to fit this release of it.";
}

/** Whether loaders and installers all read a path in the same way. */
function isNameable(path: string): boolean {
  return /^[A-Za-z0-9._~/+-]+\.iso$/.test(path);
}

function settingsFor(iso: RecognizedIso, path: string): Readonly<Record<string, string>> | undefined {
  switch (iso.product) {
    case "ubuntu":
      return { installer: "ubuntu", iso: path };
    case "proxmox-ve":
      return { installer: "proxmox", iso: path, ...(iso.version?.startsWith("8.") && { version: "8" }) };
    case "opensuse-leap":
      return { installer: "autoyast", iso: path, ...productOf(iso, "openSUSE") };
    case "agama":
      return { installer: "agama", iso: path, ...productOf(iso, "Tumbleweed") };
    case "rhel":
    case "centos-stream":
    case "rocky":
    case "almalinux":
    case "oracle-linux":
    case "fedora": {
      const major = iso.version?.split(".")[0] ?? "";
      const family = `${iso.product === "fedora" ? "fedora" : "rhel"}${major}`;
      return FAMILIES.test(family) ? { installer: "kickstart", family, tree: path } : undefined;
    }
    case "alpine": {
      const release = /^\d+\.\d+/.exec(iso.version ?? "")?.[0];
      if (!iso.boot || release === undefined) return undefined;
      return {
        installer: "alpine",
        kernel: `${path}/${iso.boot.kernel}`,
        initrd: `${path}/${iso.boot.initrd}`,
        modloop: `${path}/${iso.boot.kernel.replace("vmlinuz", "modloop")}`,
        mirror: "http://mirror.example.org/alpine",
        release: `v${release}`,
      };
    }
    case "debian":
    case "windows":
    case "unknown":
      return undefined;
  }
}

/** What else than Leap is on an ISO of SUSE's. `tumbleweed`: its name in the installer's own words. */
function productOf({ title, label }: RecognizedIso, tumbleweed: string): { readonly product?: string } {
  if (/^SLE/.test(title)) return { product: "SLES" };
  return /tumbleweed/i.test(`${title} ${label}`) ? { product: tumbleweed } : {};
}

/** A scalar of YAML, quoted where it would not be taken for a text as it is. */
function quoted(text: string): string {
  return /^[A-Za-z][\w./:-]*$/.test(text) && !/:$|: /.test(text) ? text : JSON.stringify(text);
}
