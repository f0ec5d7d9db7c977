import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../../src/config/load.ts";
import { kickstartProfile } from "../../../src/config/profiles/kickstart.ts";
import type { IsoProduct, RecognizedIso } from "../../../src/media/recognize-iso.ts";
import { obstacleToProfile, suggestProfile } from "../../../src/media/suggest-profile.ts";

type Said = Partial<RecognizedIso>;

function iso(product: IsoProduct, said: Said): RecognizedIso {
  return {
    product,
    title: product,
    version: undefined,
    arch: "amd64",
    label: "LABEL",
    boot: undefined,
    notes: [],
    truncated: false,
    ...said,
  };
}

/** What the config check has against a suggestion, as the only profile of a config, given to a machine. */
function problemsOf(yaml: string): readonly string[] {
  const [name = ""] = Object.keys(parse(yaml).profiles);
  const config = `${yaml}hosts:
  - {name: web-1, mac: "52:54:00:00:00:01", profile: ${JSON.stringify(name)}}
`;
  const loaded = parseConfig(config, "/lab/bootwire.yaml");
  return loaded.ok ? [] : loaded.problems.map((problem) => `${problem.message}: ${problem.hint}`);
}

const ALPINE = { kernel: "boot/vmlinuz-virt", initrd: "boot/initramfs-virt" };

/** The releases of each product, with the settings that matter; `undefined`: nothing is suggested. */
const RELEASES: Readonly<Record<IsoProduct, readonly (readonly [Said, object | undefined])[]>> = {
  ubuntu: [
    [{ version: "24.04.3" }, { installer: "ubuntu" }],
    [{}, { installer: "ubuntu" }],
  ],
  debian: [[{ version: "13.1.0" }, undefined]],
  rhel: [
    [{ version: "8.10" }, { family: "rhel8" }],
    [{ version: "10.0" }, { family: "rhel10" }],
    [{ version: "7.9" }, undefined],
    [{}, undefined],
  ],
  "centos-stream": [[{ version: "10" }, { family: "rhel10" }]],
  rocky: [[{ version: "9.6" }, { family: "rhel9" }]],
  almalinux: [[{ version: "10.0" }, { family: "rhel10" }]],
  "oracle-linux": [[{ version: "9.6" }, { family: "rhel9" }]],
  fedora: [
    [{ version: "43" }, { family: "fedora43" }],
    [{ version: "39" }, undefined],
    [{ version: "Rawhide" }, undefined],
  ],
  "proxmox-ve": [
    [{ version: "9.2-1" }, { installer: "proxmox" }],
    [{ version: "8.4-1" }, { installer: "proxmox", version: "8" }],
    [{}, { installer: "proxmox" }],
  ],
  "opensuse-leap": [
    [{ title: "openSUSE Leap 15.6", version: "15.6" }, { installer: "autoyast" }],
    [
      { title: "SLE 15 SP6 Full", version: "15.6" },
      { installer: "autoyast", product: "SLES" },
    ],
  ],
  agama: [
    [{ title: "Leap 16.0", version: "16.0" }, { installer: "agama" }],
    [
      { title: "SLES 16.0", version: "16.0" },
      { installer: "agama", product: "SLES" },
    ],
    [{ title: "openSUSE Tumbleweed" }, { installer: "agama", product: "Tumbleweed" }],
  ],
  alpine: [
    [
      { version: "3.22.1", boot: ALPINE },
      { installer: "alpine", release: "v3.22" },
    ],
    [{ boot: ALPINE }, undefined],
    [{ version: "3.22.1" }, undefined],
  ],
  windows: [[{}, undefined]],
  unknown: [[{ version: "1.0" }, undefined]],
};

test.each(kickstartProfile.shape.family.options)("kickstart's family %s is suggested", (family) => {
  const [, name, version] = /^([a-z]+)(\d+)$/.exec(family) ?? [];
  const found = iso(name === "fedora" ? "fedora" : "rocky", { version });
  expect(suggestProfile(found, "x.iso")).toContain(`family: ${family}\n`);
});

describe.each(Object.entries(RELEASES))("%s", (product, releases) => {
  test.each(releases)("%o: what is suggested passes the config check", (said, expected) => {
    const known = Object.keys(RELEASES).find((one): one is IsoProduct => one === product);
    const yaml = suggestProfile(iso(known ?? "unknown", said), "isos/x.iso");
    if (expected === undefined || yaml === undefined) {
      expect(yaml).toBe(expected);
      const told = obstacleToProfile(iso(known ?? "unknown", said), "isos/x.iso");
      const hasNotes = product === "debian" || product === "windows" || product === "unknown";
      expect(told === undefined).toBe(hasNotes);
      return;
    }
    expect(problemsOf(yaml)).toEqual([]);
    const profiles: unknown = parse(yaml).profiles;
    expect(Object.values(profiles ?? {})).toEqual([expect.objectContaining(expected)]);
  });
});

test.each(["my iso.iso", "a;b.iso", "ubuntu.img", "x.ISO", "Ünïcödé.iso"])(
  "nothing is suggested for %s, which no profile could name",
  (path) => {
    const found = iso("ubuntu", { version: "24.04" });
    expect(suggestProfile(found, path)).toBeUndefined();
    expect(obstacleToProfile(found, path)).toMatch(/rename it/);
  },
);

test.each(["null.iso", "1.iso", "~x.iso", "+1.iso", "-.iso", "0x10/1e3.iso"])(
  "%s stays a name in YAML",
  (path) => {
    const yaml = suggestProfile(iso("ubuntu", { version: "24.04" }), path) ?? "";
    expect(problemsOf(yaml)).toEqual([]);
    expect(parse(yaml).profiles).toEqual({ "ubuntu-24.04": { installer: "ubuntu", iso: path } });
  },
);
