import { expect } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import type { BootPlan, InstallContext, Installer } from "../../../src/installers/installer.ts";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { installerFor } from "../../../src/installers/registry.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";

/*
 * The three machines that every installer is rendered for, written as an admin writes them: from the config file to the
 * rendered files nothing is left out. What an installer cannot say is taken away by `without`.
 */

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab";
const HASH =
  "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";

/** Keys of the machines that an installer may have no way to say. */
export type Dropped =
  | "packages"
  | "commands"
  | "users"
  | "static"
  | "disk"
  | "locale"
  | "keyboard"
  | "timezone";

export interface GoldenOptions {
  /** The profile's own lines, indented by four blanks, without `installer:`'s siblings that all have. */
  readonly profile: string;
  readonly without?: readonly Dropped[];
}

/** One machine with its installer, ready to be rendered. */
export interface GoldenMachine {
  readonly label: "dhcp" | "static" | "uefi";
  readonly context: InstallContext;
  readonly installer: Installer;
}

/** The machines: DHCP on VirtIO under BIOS; a static address on SCSI with all that can be said; UEFI with two cards. */
export async function goldenMachines(options: GoldenOptions): Promise<readonly GoldenMachine[]> {
  const loaded = parseConfig(yamlOf(options), "/golden/bootwire.yaml");
  if (!loaded.ok) throw new Error(loaded.problems.map((one) => `${one.message}: ${one.hint}`).join("\n"));
  const templates = await loadTemplates(builtInTemplates(), undefined);
  const labels = ["dhcp", "static", "uefi"] as const;
  return loaded.config.hosts.map((host, index) => {
    const { profile } = host;
    const label = labels[index];
    if (!profile || !label) throw new Error("a golden machine without a profile");
    const installer = installerFor(profile, templates);
    const context: InstallContext = {
      host,
      profile,
      firmware: host.firmware ?? "bios",
      baseUrl: "http://192.0.2.1:8080",
      attemptUrl: "http://192.0.2.1:8080/a/token",
      attemptId: "attempt-1",
      image: undefined,
    };
    const refusal = refusalOf(installer, context);
    if (refusal) throw refusal;
    return { label, context, installer };
  });
}

/** Compares everything that a machine gets with the files kept in `golden/`, named `<installer>-<label>.<file>`. */
export async function expectGolden(name: string, machine: GoldenMachine): Promise<void> {
  const { label, installer, context } = machine;
  await expect(planText(installer.boot(context))).toMatchFileSnapshot(`golden/${name}-${label}.boot`);
  for (const [file, answer] of installer.answers(context)) {
    await expect(answer.body).toMatchFileSnapshot(`golden/${name}-${label}.${file}`);
  }
}

function planText(plan: BootPlan): string {
  switch (plan.kind) {
    case "linux":
      return `${[`kernel ${plan.kernel}`, `initrd ${plan.initrd ?? "none"}`, ...plan.commandLine].join("\n")}\n`;
    case "wimboot":
      return `${[`wimboot ${plan.wimboot}`, ...plan.files.map((file) => `${file.name} ${file.path}`)].join("\n")}\n`;
  }
}

function yamlOf({ profile, without = [] }: GoldenOptions): string {
  const has = (part: Dropped, text: string) => (without.includes(part) ? "" : text);
  return `
dhcp:
  mode: server
  subnets:
    - cidr: 192.0.2.0/24
      router: 192.0.2.254
      dns: [192.0.2.53, 192.0.2.54]
profiles:
  golden:
${profile}
hosts:
  - name: web-1
    mac: 52:54:00:00:00:01
    firmware: bios
    profile: golden
${has("users", `    users: [{name: admin, sshKeys: ["${KEY}"]}]`)}
  - name: db-1
    mac: 52:54:00:00:00:02
    firmware: bios
    profile: golden
    domain: lab.example
${has("disk", "    disk: /dev/sda")}
${has("static", "    address: 192.0.2.20\n    network: static")}
${has("locale", "    locale: de_DE.UTF-8")}
${has("keyboard", "    keyboard: de")}
${has("timezone", "    timezone: Europe/Berlin")}
${has(
  "users",
  `    users:
      - {name: root, passwordHash: '${HASH}', sshKeys: ["${KEY}"]}
      - {name: ops, passwordHash: '${HASH}'}
      - {name: backup, sshKeys: ["${KEY}"], sudo: false}`,
)}
${has("packages", "    packages: [htop, postgresql]")}
${has("commands", `    runCommands: ["echo 'it''s: #1' >/etc/motd", "systemctl enable --now postgresql"]`)}
  - name: app-1
    mac: 52:54:00:00:00:03
    otherMacs: 52:54:00:00:00:04
    firmware: uefi
    profile: golden
${has("users", `    users: [{name: admin, passwordHash: '${HASH}', sshKeys: ["${KEY}"]}]`)}
`;
}
