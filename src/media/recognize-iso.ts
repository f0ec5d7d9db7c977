import type { IsoReader } from "../iso9660/reader.ts";

/** Systems whose ISOs are known by what is inside of them. */
export type IsoProduct =
  | "ubuntu"
  | "debian"
  | "rhel"
  | "centos-stream"
  | "rocky"
  | "almalinux"
  | "oracle-linux"
  | "fedora"
  | "proxmox-ve"
  | "opensuse-leap"
  | "agama"
  | "alpine"
  | "windows"
  | "unknown";

/** What an ISO is. */
export interface RecognizedIso {
  readonly product: IsoProduct;
  /** For people: `Ubuntu-Server 24.04.3 LTS "Noble Numbat"`. */
  readonly title: string;
  readonly version: string | undefined;
  readonly arch: "amd64" | "arm64" | undefined;
  /** Volume label. */
  readonly label: string;
  /** Kernel and initrd to boot its installer over the network: paths inside. */
  readonly boot: { readonly kernel: string; readonly initrd: string } | undefined;
  /** What an admin should know before using it. */
  readonly notes: readonly string[];
  /** Whether the image is shorter than it says itself: it was not fetched to its end. */
  readonly truncated: boolean;
}

/** What a recognizer found; the rest is the same for all. */
type Finding = Pick<RecognizedIso, "product" | "title" | "version" | "arch"> &
  Partial<Pick<RecognizedIso, "boot" | "notes">>;

/** Bytes of a file that tells what an ISO is. */
const MAX_TEXT = 64 * 1024;

/** Looks at an ISO from inside. `size`: bytes of the image. Rejects as the reader does, for a damaged one. */
export async function recognizeIso(reader: IsoReader, size: number): Promise<RecognizedIso> {
  const inside = new Inside(reader);
  const { label } = reader.volume;
  const found = (await proxmox(inside)) ??
    (await treeInfo(inside)) ??
    (await diskInfo(inside)) ??
    (await alpine(inside)) ??
    (await suse(inside, label)) ??
    (await windows(inside, reader)) ?? {
      product: "unknown",
      title: label === "" ? "an ISO without a label" : label,
      version: undefined,
      arch: undefined,
    };
  const { boot, notes = [], ...rest } = found;
  return { ...rest, label, boot: await inside.both(boot), notes, truncated: size < reader.expectedSize };
}

/** Questions about an ISO's files. */
class Inside {
  readonly #reader: IsoReader;

  constructor(reader: IsoReader) {
    this.#reader = reader;
  }

  async has(path: string): Promise<boolean> {
    return (await this.#reader.find(path)) !== undefined;
  }

  /** A small text file; undefined when it is not there, or is not small. */
  async text(path: string): Promise<string | undefined> {
    const file = await this.#reader.find(path);
    if (file?.kind !== "file" || file.size > MAX_TEXT) return undefined;
    return (await this.#reader.readFile(file, MAX_TEXT)).toString("utf8");
  }

  /** Kernel and initrd, when both are there. */
  async both(boot: RecognizedIso["boot"]): Promise<RecognizedIso["boot"]> {
    return boot && (await this.has(boot.kernel)) && (await this.has(boot.initrd)) ? boot : undefined;
  }

  /** The first pair that is there. */
  async firstOf(pairs: readonly (readonly [string, string])[]): Promise<RecognizedIso["boot"]> {
    for (const [kernel, initrd] of pairs) {
      const found = await this.both({ kernel, initrd });
      if (found) return found;
    }
    return undefined;
  }
}

/** `.cd-info`: shell assignments, `PRODUCT='pve'`, `RELEASE='9.2'`, `ISORELEASE='1'`. */
async function proxmox(inside: Inside): Promise<Finding | undefined> {
  const text = await inside.text(".cd-info");
  if (text === undefined) return undefined;
  const values = new Map(
    [...text.matchAll(/^\s*(\w+)=['"]?([^'"\n]*)['"]?\s*$/gm)].map(([, key = "", value = ""]) => [
      key,
      value,
    ]),
  );
  const release = values.get("RELEASE");
  const version = release && [release, values.get("ISORELEASE")].filter((part) => part).join("-");
  const name = values.get("PRODUCTLONG") ?? "Proxmox";
  const title = version === undefined ? name : `${name} ${version}`;
  const product = values.get("PRODUCT") === "pve" ? "proxmox-ve" : "unknown";
  return {
    product,
    title,
    version,
    arch: "amd64",
    boot: { kernel: "boot/linux26", initrd: "boot/initrd.img" },
    notes:
      product === "proxmox-ve"
        ? ["The whole ISO travels inside the initrd: give the machine at least 8 GiB of memory."]
        : ["Of Proxmox's products only Proxmox VE can be installed here."],
  };
}

/** `.treeinfo` of Anaconda's trees: an INI file with `[general]`, `[release]` and `[images-<arch>]`. */
async function treeInfo(inside: Inside): Promise<Finding | undefined> {
  const text = await inside.text(".treeinfo");
  if (text === undefined) return undefined;
  const sections = parseIni(text);
  const general = sections.get("general");
  const release = sections.get("release");
  const arch = general?.get("arch") ?? sections.get("tree")?.get("arch");
  const images = arch === undefined ? undefined : sections.get(`images-${arch}`);
  const name = release?.get("name") ?? general?.get("family") ?? "";
  const version = release?.get("version") ?? general?.get("version");
  const product = TREES.find(([pattern]) => pattern.test(name))?.[1] ?? "unknown";
  const packages = (await inside.has("BaseOS/repodata")) || (await inside.has("repodata/repomd.xml"));
  return {
    product,
    title: [name, version].filter((part) => part).join(" "),
    version,
    arch: archOf(arch),
    boot: {
      kernel: images?.get("kernel") ?? "images/pxeboot/vmlinuz",
      initrd: images?.get("initrd") ?? "images/pxeboot/initrd.img",
    },
    notes: packages ? [] : ["No packages on it (a boot ISO): the profile needs the `url` of a mirror."],
  };
}

const TREES: readonly (readonly [RegExp, IsoProduct])[] = [
  [/^Red Hat Enterprise Linux/, "rhel"],
  [/^CentOS Stream/, "centos-stream"],
  [/^Rocky/, "rocky"],
  [/^AlmaLinux/, "almalinux"],
  [/^Oracle Linux/, "oracle-linux"],
  [/^Fedora/, "fedora"],
];

/** `.disk/info`: one line, `Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (20250805.1)`. */
async function diskInfo(inside: Inside): Promise<Finding | undefined> {
  const line = (await inside.text(".disk/info"))?.split("\n")[0]?.trim();
  if (line === undefined || line === "") return undefined;
  const [title = line] = line.split(" - ");
  const version = /\b(\d+(?:\.\d+)+)/.exec(title)?.[1];
  const arch = archOf(/\b(amd64|arm64)\b/.exec(line)?.[1]);
  if (/ubuntu/i.test(title)) {
    const server = await inside.has("casper/install-sources.yaml");
    const live = await inside.firstOf([["casper/vmlinuz", "casper/initrd"]]);
    const notes = [
      ...(server
        ? []
        : ["It has no casper/install-sources.yaml: autoinstall needs a server or a recent desktop ISO."]),
      "The machine loads the whole ISO into memory: give it more than twice the ISO's size.",
    ];
    return { product: "ubuntu", title, version, arch, boot: live, notes };
  }
  if (/debian/i.test(title)) {
    return {
      product: "debian",
      title,
      version,
      arch,
      notes: [
        "Its kernel and initrd look for a CD. To install over the network, put linux and initrd.gz of the release's netboot folder (on every Debian mirror) into the media folder.",
      ],
    };
  }
  return { product: "unknown", title, version, arch };
}

/** `.alpine-release`: `alpine-standard 3.22.1 250715`. */
async function alpine(inside: Inside): Promise<Finding | undefined> {
  const line = (await inside.text(".alpine-release"))?.trim();
  if (line === undefined) return undefined;
  const version = /\b(\d+\.\d+(?:\.\d+)?)/.exec(line)?.[1];
  const boot = await inside.firstOf(
    ["lts", "virt"].map((flavour) => [`boot/vmlinuz-${flavour}`, `boot/initramfs-${flavour}`] as const),
  );
  const arch = (await inside.has("apks/x86_64"))
    ? "amd64"
    : (await inside.has("apks/aarch64"))
      ? "arm64"
      : undefined;
  const title = version === undefined ? "Alpine Linux" : `Alpine Linux ${version}`;
  return { product: "alpine", title, version, arch, ...(boot && { boot }) };
}

/** openSUSE and SLES: Leap 16 and later are live systems with Agama, earlier ones YaST's installation system. */
async function suse(inside: Inside, label: string): Promise<Finding | undefined> {
  for (const [folder, arch] of [
    ["boot/x86_64", "amd64"],
    ["boot/aarch64", "arm64"],
  ] as const) {
    const boot = await inside.firstOf([
      [`${folder}/loader/linux`, `${folder}/loader/initrd`],
      [`${folder}/linux`, `${folder}/initrd`],
    ]);
    if (!boot) continue;
    const agama = await inside.has("LiveOS/squashfs.img");
    const media = (await inside.text("media.1/products")) ?? "";
    const named = /^\/ (\S+) (\S+?)(?:-\d+)?$/m.exec(media);
    const name = (named?.[1] ?? label).replaceAll("-", " ");
    const version = /(\d+\.\d+)/.exec(named?.[2] ?? label)?.[1];
    const title = version === undefined || name.includes(version) ? name : `${name} ${version}`;
    return { product: agama ? "agama" : "opensuse-leap", title, version, arch, boot };
  }
  return undefined;
}

async function windows(inside: Inside, reader: IsoReader): Promise<Finding | undefined> {
  const hasFiles = await inside.has("sources/boot.wim");
  const readme = (await inside.text("README.TXT")) ?? "";
  if (!hasFiles && !(reader.udf && /"?UDF"? file system|ISO-13346/i.test(readme))) return undefined;
  const arch = /ARM64|A64FRE/i.test(reader.volume.label) ? "arm64" : "amd64";
  return {
    product: "windows",
    title: `Windows (${reader.volume.label})`,
    version: undefined,
    arch,
    notes: hasFiles
      ? []
      : [
          "Windows' ISOs are UDF, whose inside cannot be served: mount it (on Linux: mount -o loop,ro) and copy boot/bcd, boot/boot.sdi and sources/boot.wim into a folder of the media folder.",
        ],
  };
}

function archOf(name: string | undefined): RecognizedIso["arch"] {
  if (name === "amd64" || name === "x86_64") return "amd64";
  return name === "arm64" || name === "aarch64" ? "arm64" : undefined;
}

function parseIni(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const name = /^\[(.+)\]\s*$/.exec(line)?.[1];
    if (name !== undefined) {
      section = new Map();
      sections.set(name, section);
      continue;
    }
    const [, key, value] = /^([^=:#;]+?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section.set(key, value);
  }
  return sections;
}
