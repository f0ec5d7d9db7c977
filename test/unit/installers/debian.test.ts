import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { debianInstaller } from "../../../src/installers/debian.ts";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { describeIf } from "../../support/require.ts";
import { readSchema, schemaPath } from "../../support/schemas.ts";
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

describe("what special machines are told", () => {
  const script = (name: string, context: ReturnType<typeof debianContext>) =>
    installer.answers(context).get(name)?.body ?? "";

  test("LVM, where the config wants it", () => {
    expect(preseedOf().get("partman-auto/method")).toBe("regular");
    const lvm = preseedOf(debianContext({ system: { layout: "lvm" } }));
    expect(lvm.get("partman-auto/method")).toBe("lvm");
    expect(lvm.get("partman-auto-lvm/guided_size")).toBe("max");
  });

  test("no guest agent where none is wanted", () => {
    expect(preseedOf().get("pkgsel/include")).toContain("qemu-guest-agent");
    const without = preseedOf(debianContext({ system: { guestAgent: false } }));
    expect(without.get("pkgsel/include")).not.toContain("qemu-guest-agent");
  });

  test("a VLAN is the installed system's alone: the installer stays in the boot network", () => {
    const [, fixed] = MACHINES;
    if (!fixed) throw new Error("no static machine");
    const { system } = fixed.debian.profile;
    const context = debianContext({ system: { ...system, network: { ...system.network, vlan: 20 } } });
    expect(installer.boot(context).commandLine.join(" ")).not.toContain("netcfg/get_ipaddress");
    expect(script("late.sh", context)).toMatch(
      /^auto \$card\.20\niface \$card\.20 inet static\n {2}address 192\.0\.2\.20\/24\n {2}gateway 192\.0\.2\.254$/m,
    );
    expect(preseedOf(context).get("pkgsel/include")).toContain("vlan");
  });

  test("a golden image is switched off, without an identity of its own", () => {
    const context = debianContext({ profile: { template: true } });
    expect(preseedOf(context).get("debian-installer/exit/poweroff")).toBe("true");
    expect(preseedOf(context).get("pkgsel/include")).toContain("cloud-init");
    expect(script("late.sh", context)).toContain(": >/target/etc/machine-id");
    expect(script("late.sh", context)).not.toContain("bootwire-report");
  });

  test("a bond is refused", () => {
    const context = debianContext({
      system: { network: { kind: "dhcp", vlan: undefined, bond: "802.3ad" } },
    });
    expect(refusalOf(installer, context)).toMatchObject({ code: "BW_INSTALLER_CANNOT" });
  });
});

test("refuses a value that would break the preseed file's line", () => {
  const context = debianContext({ profile: { suite: "bookworm\nd-i preseed/late_command string evil" } });
  expect(() => installer.answers(context)).toThrow(expect.objectContaining({ code: "BW_TEMPLATE" }));
});

const QUESTIONS = "preseed/questions.json";

describeIf({ files: [schemaPath(QUESTIONS)] }, "the questions that Debian's installer knows", () => {
  const questions = z
    .object({ questions: z.record(z.string(), z.object({ type: z.string() })) })
    .parse(readSchema(QUESTIONS)).questions;
  /** What a preseed file says to a question of another type. */
  const wrongTypes = (text: string) =>
    [...text.matchAll(/^\S+ (\S+) (\S+)/gm)].flatMap(([, question = "", type = ""]) => {
      const known = questions[question]?.type;
      // Debian's own example says `string` of selections that are too long to list.
      const fits = known === undefined || known === type || (known === "select" && type === "string");
      return fits ? [] : [`${question} is ${known}, not ${type}`];
    });

  test("are answered in their own type", () => {
    const contexts = [
      ...MACHINES.map(({ debian }) => debian),
      debianContext({ profile: { template: true }, system: { layout: "lvm" } }),
    ];
    for (const context of contexts) {
      const text = (installer.answers(context).get("preseed.cfg")?.body ?? "").replace(/^#.*$/gm, "");
      expect(wrongTypes(text)).toEqual([]);
    }
    expect(wrongTypes("d-i partman/confirm string true")).toEqual(["partman/confirm is boolean, not string"]);
  });
});

describeIf({ commands: ["debconf-set-selections"] }, "debconf itself", () => {
  test("refuses a file that is none", () => {
    const checked = spawnSync("debconf-set-selections", ["-c"], {
      input: "d-i time/zone\n",
      encoding: "utf8",
    });
    expect(checked.stderr).not.toBe("");
  });

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
