import type { RecognizedIso } from "./recognize-iso.ts";

/**
 * What to write below `profiles:` for an ISO, as YAML; undefined where there is no installer for it. `path`: where it is
 * in the media folder.
 */
export function suggestProfile(iso: RecognizedIso, path: string): string | undefined {
  const settings = settingsFor(iso, path);
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

function settingsFor(iso: RecognizedIso, path: string): Readonly<Record<string, string>> | undefined {
  switch (iso.product) {
    case "ubuntu":
      return { installer: "ubuntu", iso: path };
    case "proxmox-ve":
      return { installer: "proxmox", iso: path };
    case "opensuse-leap":
      return { installer: "autoyast", iso: path };
    case "agama":
      return { installer: "agama", iso: path };
    case "rhel":
    case "centos-stream":
    case "rocky":
    case "almalinux":
    case "oracle-linux":
    case "fedora": {
      const major = iso.version?.split(".")[0] ?? "";
      const family = `${iso.product === "fedora" ? "fedora" : "rhel"}${major}`;
      return { installer: "kickstart", family, tree: path };
    }
    case "alpine":
      if (!iso.boot) return undefined;
      return {
        installer: "alpine",
        kernel: `${path}/${iso.boot.kernel}`,
        initrd: `${path}/${iso.boot.initrd}`,
        modloop: `${path}/${iso.boot.kernel.replace("vmlinuz", "modloop")}`,
        mirror: "http://mirror.example.org/alpine",
        release: `v${/^\d+\.\d+/.exec(iso.version ?? "")?.[0] ?? ""}`,
      };
    case "debian":
    case "windows":
    case "unknown":
      return undefined;
  }
}

/** A scalar of YAML, quoted where it would not be taken for a text as it is. */
function quoted(text: string): string {
  return /^[A-Za-z][\w./:-]*$/.test(text) && !/:$|: /.test(text) ? text : JSON.stringify(text);
}
