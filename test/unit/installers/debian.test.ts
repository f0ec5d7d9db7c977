import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { debianInstaller } from "../../../src/installers/debian.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { describeIf } from "../../support/require.ts";
import { debianContext } from "./context.ts";
import { MACHINES } from "./machines.ts";

const installer = debianInstaller(await loadTemplates(builtInTemplates(), undefined));

/** Question → answer of a rendered preseed file. */
function preseedOf(context = debianContext()): ReadonlyMap<string, string> {
  const text = installer.answers(context).get("preseed.cfg")?.body ?? "";
  const answers = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, question, answer] =
      /^\S+ (\S+) (?:string|boolean|select|multiselect|password|note)(?: (.*))?$/.exec(line) ?? [];
    if (question !== undefined) answers.set(question, answer ?? "");
    else expect(line).toMatch(/^(#.*)?$/);
  }
  return answers;
}

for (const { label, debian } of MACHINES) {
  test(`${label}: renders what it always rendered`, async () => {
    const plan = installer.boot(debian);
    const command = [`kernel ${plan.kernel}`, `initrd ${plan.initrd}`, ...plan.commandLine].join("\n");
    await expect(`${command}\n`).toMatchFileSnapshot(`golden/debian-${label}.boot`);
    for (const [name, answer] of installer.answers(debian)) {
      await expect(answer.body).toMatchFileSnapshot(`golden/debian-${label}.${name}`);
    }
  });
}

test("answers every question that would stop the installer", () => {
  const answers = preseedOf();
  for (const question of [
    "debian-installer/locale",
    "keyboard-configuration/xkb-keymap",
    "time/zone",
    "mirror/country",
    "mirror/http/hostname",
    "mirror/http/directory",
    "mirror/http/proxy",
    "passwd/root-login",
    "passwd/root-password-crypted",
    "passwd/make-user",
    "partman/early_command",
    "partman-auto/method",
    "partman-auto/choose_recipe",
    "partman-partitioning/confirm_write_new_label",
    "partman/choose_partition",
    "partman/confirm",
    "partman/confirm_nooverwrite",
    "partman-lvm/confirm",
    "partman-lvm/confirm_nooverwrite",
    "grub-installer/only_debian",
    "grub-installer/bootdev",
    "popularity-contest/participate",
    "finish-install/reboot_in_progress",
  ]) {
    expect(answers.has(question), question).toBe(true);
  }
  expect(answers.get("passwd/root-password-crypted")).toBe("*");
});

test("the kernel's arguments have no blanks, and netcfg's answers are among them", () => {
  for (const { debian } of MACHINES) {
    const { commandLine } = installer.boot(debian);
    for (const word of commandLine) expect(word).not.toMatch(/\s/);
    expect(commandLine).toContain("BOOTIF=01-52-54-00-12-34-56");
  }
  const [, fixed] = MACHINES;
  expect(installer.boot(fixed?.debian ?? debianContext()).commandLine).toEqual(
    expect.arrayContaining([
      "netcfg/disable_autoconfig=true",
      "netcfg/get_ipaddress=192.0.2.20",
      "netcfg/get_netmask=255.255.255.0",
      "netcfg/get_gateway=192.0.2.254",
      "netcfg/get_nameservers=192.0.2.53",
      "netcfg/get_domain=lab.example",
    ]),
  );
});

test("gives the installer another locale where it would ask for a country", () => {
  expect(preseedOf(debianContext({ system: { locale: "C.UTF-8" } })).get("debian-installer/locale")).toBe(
    "en_US.UTF-8",
  );
  expect(preseedOf(debianContext({ system: { locale: "fr_FR.UTF-8" } })).get("debian-installer/locale")).toBe(
    "fr_FR.UTF-8",
  );
});

test("refuses a value that would break the preseed file's line", () => {
  const context = debianContext({ profile: { suite: "bookworm\nd-i preseed/late_command string evil" } });
  expect(() => installer.answers(context)).toThrow(expect.objectContaining({ code: "BW_TEMPLATE" }));
});

describeIf({ commands: ["debconf-set-selections"] }, "debconf itself", () => {
  test.each(MACHINES)("takes the preseed file of $label", ({ debian }) => {
    const body = installer.answers(debian).get("preseed.cfg")?.body ?? "";
    const checked = spawnSync("debconf-set-selections", ["-c"], { input: body, encoding: "utf8" });
    expect(checked.stderr).toBe("");
    expect(checked.status).toBe(0);
  });
});

describeIf({ commands: ["busybox", "shellcheck"] }, "the scripts", () => {
  const scripts = MACHINES.flatMap(({ label, debian }) =>
    [...installer.answers(debian)]
      .filter(([name]) => name.endsWith(".sh"))
      .map(([name, { body }]) => ({ label, name, body })),
  );

  test.each(scripts)("$name of $label is sound", ({ body }) => {
    const parsed = spawnSync("busybox", ["sh", "-n"], { input: body, encoding: "utf8" });
    expect(parsed.stderr).toBe("");
    const checked = spawnSync("shellcheck", ["-s", "dash", "-e", "SC2016", "-"], {
      input: body,
      encoding: "utf8",
    });
    expect(checked.stdout).toBe("");
  });
});
