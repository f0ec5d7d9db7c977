import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptSources } from "../../src/demo/image-root.ts";
import { madeOnce } from "../../src/demo/made-once.ts";
import { runTool } from "../../src/demo/tools.ts";

const MINUTE = 60_000;

/** The live root that FAI installs from: short, since all of it goes through a VM's memory. */
const NFSROOT = `PACKAGES install-norec
dracut live-boot- initramfs-tools-
dracut-config-generic
dracut-network
sysvinit-core systemd-sysv-
curl
dosfstools
psmisc
procps
kbd console-common
zstd
gpg
efibootmgr
pciutils
linux-image-cloud-amd64
`;

/** What the machine gets beyond FAI's base system; the daemon's own list is part of it. */
const PACKAGES = [
  ...[
    "systemd-sysv",
    "udev",
    "dbus",
    "openssh-server",
    "sudo",
    "curl",
    "ca-certificates",
    "qemu-guest-agent",
  ],
  ...["linux-image-cloud-amd64", "grub-pc", "systemd-resolved", "less"],
];

/** Names of the parts in the folder that `faiMedia` makes. */
export const FAI_MEDIA = {
  kernel: "vmlinuz",
  initrd: "initrd.img",
  root: "nfsroot.squashfs",
  mirror: "mirror",
  /** What the mirror calls its only suite; the packages are those of this machine's own release. */
  suite: "bookworm",
} as const;

/**
 * A media folder with what a FAI installation needs: kernel, initrd and live root by `fai-make-nfsroot`, and a Debian
 * mirror of the packages that the machine gets. Made when it is not in the cache yet (some minutes). Needs root.
 */
export async function faiMedia(cache: string): Promise<string> {
  const version = createHash("sha256").update(NFSROOT).update(PACKAGES.join(" ")).digest("hex").slice(0, 16);
  return await madeOnce(cache, `fai-${version}`, async (work) => {
    await makeNfsroot(work);
    await makeMirror(work);
  });
}

async function makeNfsroot(work: string): Promise<void> {
  const etc = join(work, "etc");
  const ready = join(work, "ready");
  const { suite, lines } = await aptSources();
  const archive = lines.split("\n").find((line) => line.endsWith(` ${suite} main`));
  await mkdir(join(etc, "apt"), { recursive: true });
  await mkdir(ready);
  await writeFile(join(etc, "NFSROOT"), NFSROOT);
  await writeFile(join(etc, "apt/sources.list"), lines);
  await writeFile(join(etc, "fai.conf"), "");
  await writeFile(
    join(etc, "nfsroot.conf"),
    `FAI_DEBOOTSTRAP="${suite} ${archive?.split(" ")[1]}"
FAI_DEBOOTSTRAP_OPTS="--variant=minbase"
NFSROOT=${join(work, "nfsroot")}
TFTPROOT=${join(work, "tftp")}
`,
  );
  // In a mount namespace of its own: what it mounts into the folder is never there for whoever deletes the folder.
  await runTool("unshare", ["--mount", "fai-make-nfsroot", "-v", "-z", "-C", etc], { deadline: 15 * MINUTE });
  const boot = await readdir(join(work, "tftp"));
  for (const [prefix, name] of [
    ["vmlinuz-", FAI_MEDIA.kernel],
    ["initrd.img-", FAI_MEDIA.initrd],
  ] as const) {
    const file = boot.find((one) => one.startsWith(prefix));
    if (file === undefined) throw new Error(`fai-make-nfsroot made no ${prefix}…`);
    await copyFile(join(work, "tftp", file), join(ready, name));
  }
  const squashfs = join(ready, FAI_MEDIA.root);
  await runTool(
    "mksquashfs",
    [
      ...[join(work, "nfsroot"), squashfs, "-comp", "zstd", "-Xcompression-level", "5", "-no-progress"],
      ...["-wildcards", "-e", "boot/*", "var/cache/apt/*", "var/lib/apt/lists/*", "usr/share/doc/*"],
    ],
    { deadline: 10 * MINUTE },
  );
}

/** The packages and all that they need beyond the base system, by this machine's apt, as a mirror without a signature. */
async function makeMirror(work: string): Promise<void> {
  const { lines } = await aptSources();
  const mirror = join(work, "ready", FAI_MEDIA.mirror);
  const pool = join(mirror, "pool");
  const binary = join(mirror, "dists", FAI_MEDIA.suite, "main/binary-amd64");
  for (const folder of [join(pool, "partial"), binary, join(work, "lists/partial")])
    await mkdir(folder, { recursive: true });
  await writeFile(join(work, "sources.list"), lines);
  const base = join(work, "nfsroot/var/tmp/base.tar.zst");
  await writeFile(
    join(work, "status"),
    await runTool("tar", ["--zstd", "-xOf", base, "./var/lib/dpkg/status"], { deadline: MINUTE }),
  );
  const settings = [
    `Dir::State::lists=${join(work, "lists")}`,
    `Dir::State::status=${join(work, "status")}`,
    `Dir::Cache::archives=${pool}`,
    "Dir::Cache::pkgcache=",
    "Dir::Cache::srcpkgcache=",
    `Dir::Etc::sourcelist=${join(work, "sources.list")}`,
    "Dir::Etc::sourceparts=/dev/null",
    "APT::Sandbox::User=root",
    "APT::Architectures=amd64",
  ];
  const apt = async (...command: string[]) =>
    await runTool("apt-get", [...settings.flatMap((setting) => ["-o", setting]), ...command], {
      deadline: 10 * MINUTE,
    });
  await apt("update");
  await apt("install", "--yes", "--download-only", "--no-install-recommends", ...PACKAGES);
  await rm(join(pool, "partial"), { recursive: true });
  await rm(join(pool, "lock"), { force: true });
  const index = await runTool("dpkg-scanpackages", ["--multiversion", "pool"], {
    cwd: mirror,
    deadline: 5 * MINUTE,
  });
  await writeFile(join(binary, "Packages"), index);
  const sha256 = createHash("sha256").update(index).digest("hex");
  const { size } = await stat(join(binary, "Packages"));
  await writeFile(
    join(mirror, "dists", FAI_MEDIA.suite, "Release"),
    `Suite: ${FAI_MEDIA.suite}
Codename: ${FAI_MEDIA.suite}
Architectures: amd64
Components: main
Date: ${new Date().toUTCString().replace("GMT", "UTC")}
SHA256:
 ${sha256} ${size} main/binary-amd64/Packages
`,
  );
  if (!(await readFile(join(binary, "Packages"), "utf8")).includes("Package: grub-pc\n"))
    throw new Error("the mirror has no grub-pc");
}
