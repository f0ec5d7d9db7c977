import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Catalogue } from "../../src/media/catalogue.ts";
import { cidataIso } from "../../src/media/cidata.ts";
import { joinPath, proxmoxIsoPath } from "../../src/media/content-path.ts";
import { makeIso, sha256, treeOf, writeTree } from "../support/iso.ts";
import { describeIf } from "../support/require.ts";
import { virtioDisk } from "./image-installer/lab.ts";
import { plainLinux, runLinux } from "./support/plain-linux.ts";

const ANSWER = "http://10.0.0.1:8080/a/TOKEN/answers/proxmox";
const MODE = `mode = "http"\n\n[http]\nurl = "${ANSWER}"\n`;
const SEED = new Map([
  ["user-data", "#cloud-config\n"],
  ["meta-data", "instance-id: i-1\n"],
  ["network-config", "version: 2\n"],
]);

/** Mounts an ISO by each of its kinds of names, and shows every file's digest. */
const SCRIPT = `modprobe loop; modprobe isofs; modprobe virtio_pci; modprobe virtio_blk; modprobe nls_utf8
show() {
  for options in "" ,norock ,norock,nojoliet; do
    mount -t iso9660 -o "$3,iocharset=utf8$options" "$2" /mnt || echo "$1$options cannot be mounted"
    (cd /mnt && find . -type f -exec sha256sum {} + ) | sed "s|^|FILE $1$options |"
    umount /mnt
  done
}
show proxmox /proxmox.iso loop,ro
show cidata /dev/vda ro
echo ALL SHOWN`;

let folder: string;
let shown: string;
let expected: Map<string, string>;

/** Path → digest of what was shown under a heading. */
function filesOf(heading: string): Map<string, string> {
  const lines = shown.matchAll(new RegExp(`^FILE ${heading} ([0-9a-f]{64})  \\./(.*?)\\r?$`, "gm"));
  return new Map([...lines].map(([, digest = "", path = ""]) => [path, digest]));
}

describeIf({ commands: ["xorriso", "qemu-system-x86_64", "apt-get", "blkid"] }, "Linux mounts", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bootwire-mount-"));
    // Of the shape of Proxmox's ISO.
    await writeTree(join(folder, "tree"), {
      ".cd-info": "PRODUCT='pve'\nRELEASE='9.2'\nISORELEASE='1'\n",
      "boot/linux26": randomBytes(3_000_000),
      "boot/initrd.img": randomBytes(5_000_000),
      "boot/grub/grub.cfg": "menuentry",
      "pve-base.squashfs": randomBytes(20_000_000),
      "pve-installer.squashfs": randomBytes(9_000_001),
      COPYING: "AGPL",
      ...Object.fromEntries(
        Array.from({ length: 150 }, (_, n) => [
          `proxmox/packages/package-${n}_1.0.${n}_amd64.deb`,
          randomBytes(1000 + n),
        ]),
      ),
    });
    await mkdir(join(folder, "media"));
    makeIso(join(folder, "media/pve.iso"), join(folder, "tree"), [
      "-rockridge",
      "on",
      "-joliet",
      "on",
      "-volid",
      "PVE",
    ]);
    expected = await treeOf(join(folder, "tree"));
    expected.set("auto-installer-mode.toml", sha256(Buffer.from(MODE)));

    const linux = await plainLinux(folder, ["virtio_pci", "virtio_blk", "isofs", "loop", "nls_utf8"]);
    await writeFile(join(folder, "media/initrd"), linux.initrd(SCRIPT));
    const catalogue = new Catalogue({ path: () => undefined }, () => join(folder, "media"));
    const opened = await catalogue.open(
      joinPath([
        { content: "media/initrd" },
        { content: proxmoxIsoPath("pve.iso", ANSWER), as: "proxmox.iso" },
      ]),
    );
    if (opened.kind !== "content") throw new Error(opened.kind);
    const initrd = Buffer.alloc(opened.content.size);
    for (let at = 0; at < initrd.length; ) at += await opened.content.read(initrd.subarray(at), at);
    await opened.content.close();
    await writeFile(join(folder, "initrd"), initrd);
    await writeFile(join(folder, "cidata.iso"), cidataIso(SEED));
    shown = await runLinux({
      kernel: linux.kernel,
      initrd: join(folder, "initrd"),
      disks: virtioDisk(join(folder, "cidata.iso"), "seed"),
      console: join(folder, "console"),
      memory: 1024,
    });
    expect(shown).toContain("ALL SHOWN");
    expect(shown).not.toContain("cannot be mounted");
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(["proxmox", "proxmox,norock"])(
    "the Proxmox ISO out of a joined initrd (%s), with the answer mode in it and all else unchanged",
    (heading) => {
      expect(filesOf(heading)).toEqual(expected);
    },
  );

  it("it by plain names too, with the same contents", () => {
    expect([...filesOf("proxmox,norock,nojoliet").values()].sort()).toEqual([...expected.values()].sort());
  });

  it.each(["cidata", "cidata,norock"])("our own cloud-init seed (%s)", (heading) => {
    expect(filesOf(heading)).toEqual(
      new Map([...SEED].map(([name, text]) => [name, sha256(Buffer.from(text))])),
    );
  });

  it("that seed under the label that cloud-init looks for", () => {
    const blkid = ["-p", "-o", "value", "-s", "LABEL", join(folder, "cidata.iso")];
    expect(execFileSync("blkid", blkid, { encoding: "utf8" })).toBe("cidata\n");
  });
});
