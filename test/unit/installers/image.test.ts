import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { imageInstaller } from "../../../src/installers/image.ts";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { describeIf } from "../../support/require.ts";
import { imageContext } from "./context.ts";
import { MACHINES } from "./machines.ts";

const installer = imageInstaller(await loadTemplates(builtInTemplates(), undefined));

for (const { label, image } of MACHINES) {
  test(`${label}: renders what it always rendered`, async () => {
    const plan = installer.boot(image);
    const command = [`kernel ${plan.kernel}`, `initrd ${plan.initrd}`, ...plan.commandLine].join("\n");
    await expect(`${command}\n`).toMatchFileSnapshot(`golden/image-${label}.boot`);
    for (const [name, answer] of installer.answers(image)) {
      await expect(answer.body).toMatchFileSnapshot(`golden/image-${label}.${name}`);
    }
  });
}

test("answers are YAML that says what the config says", () => {
  const [, context] = MACHINES;
  const answers = installer.answers(context?.image ?? imageContext());
  const body = (name: string) => answers.get(name)?.body ?? "";
  expect(body("user-data").split("\n")[0]).toBe("#cloud-config");
  const user = parse(body("user-data"));
  expect(user).toMatchObject({
    hostname: "db1",
    fqdn: "db1.lab.example",
    locale: "de_DE.UTF-8",
    keyboard: { layout: "de" },
    packages: ["qemu-guest-agent", "htop", "postgresql"],
    disable_root: false,
    phone_home: { url: "http://192.0.2.1:8080/a/token/booted" },
  });
  expect(user.users.map((each: { name: string }) => each.name)).toEqual(["root", "ops", "backup"]);
  expect(user.users[1]).toMatchObject({ lock_passwd: false, sudo: "ALL=(ALL:ALL) ALL" });
  expect(user.users[2].ssh_authorized_keys).toHaveLength(2);
  expect(user.runcmd[0]).toBe("echo 'it''s: #1' >/etc/motd");
  expect(parse(body("meta-data"))).toEqual({ "instance-id": "attempt-1", "local-hostname": "db1" });
  expect(parse(body("network-config")).ethernets.eth0).toMatchObject({
    match: { macaddress: "52:54:00:12:34:56" },
    addresses: ["192.0.2.20/24"],
    routes: [{ to: "0.0.0.0/0", via: "192.0.2.254" }],
    nameservers: { addresses: ["192.0.2.53", "9.9.9.9"], search: ["lab.example"] },
  });
});

test("leaves the image's own user, and its keyboard, when the config has none", () => {
  const user = parse(
    installer.answers(imageContext({ system: { guestAgent: false } })).get("user-data")?.body ?? "",
  );
  expect(user).not.toHaveProperty("users");
  expect(user).not.toHaveProperty("keyboard");
  expect(user).not.toHaveProperty("packages");
});

test("gives no answers to an image that is to stay as it is", () => {
  expect(installer.answers(imageContext({ profile: { seed: "none" } }))).toEqual(new Map());
});

test("fetches packages through the proxy of the config", () => {
  const proxy = "http://proxy.example:3128";
  const user = parse(installer.answers(imageContext({ system: { proxy } })).get("user-data")?.body ?? "");
  expect(user.apt).toEqual({ proxy });
  expect(user.bootcmd[0].at(-1)).toBe(proxy);
});

test("a golden image is the image as it is, and switched off", () => {
  const plain = {
    template: true,
    system: { ...imageContext().profile.system, locale: "en_US.UTF-8", timezone: "Etc/UTC" },
  };
  const golden = imageContext({ profile: plain });
  expect(refusalOf(installer, golden)).toBeUndefined();
  expect(installer.answers(golden).size).toBe(0);
  expect(installer.boot(golden).commandLine).toEqual(
    expect.arrayContaining(["bootwire.seed=none", "bootwire.after=poweroff"]),
  );
  const asking = imageContext({ profile: { ...plain, system: { ...plain.system, packages: ["htop"] } } });
  expect(refusalOf(installer, asking)).toMatchObject({
    code: "BW_INSTALLER_CANNOT",
    message: expect.stringContaining("packages: htop"),
  });
});

test("asks for the converted form of a qcow2 image", () => {
  const { commandLine } = installer.boot(imageContext({ profile: { image: "a/b c.qcow2" } }));
  expect(commandLine).toContain("bootwire.image=http://192.0.2.1:8080/media/a/b%20c.qcow2?as=raw");
  expect(commandLine).toContain("bootwire.format=raw");
});

test("refuses an image whose ending says nothing", () => {
  expect(() => installer.boot(imageContext({ profile: { image: "disk.vmdk" } }))).toThrow(
    expect.objectContaining({ code: "BW_IMAGE_FORMAT" }),
  );
});

test("no argument of the kernel has a blank in it", () => {
  for (const { image } of MACHINES) {
    for (const word of installer.boot(image).commandLine) expect(word).not.toMatch(/\s/);
  }
});

describeIf({ commands: ["cloud-init"] }, "cloud-init itself", () => {
  test.each(MACHINES.map(({ label, image }) => ({ label, image })))(
    "takes the user-data of $label",
    async ({ image }) => {
      const folder = await mkdtemp(join(tmpdir(), "bootwire-user-data-"));
      const file = join(folder, "user-data");
      await writeFile(file, installer.answers(image).get("user-data")?.body ?? "");
      const checked = spawnSync("cloud-init", ["schema", "--config-file", file], { encoding: "utf8" });
      await rm(folder, { recursive: true });
      expect(checked.stderr + checked.stdout).toContain("Valid");
      expect(checked.status).toBe(0);
    },
  );

  test.each([
    [
      "eni",
      "debian",
      "etc/network/interfaces.d/50-cloud-init",
      /eth0 inet static[\s\S]*address 192\.0\.2\.20\/24/,
    ],
    ["netplan", "ubuntu", "etc/netplan/50-cloud-init.yaml", /set-name: eth0/],
    ["networkd", "debian", "etc/systemd/network/10-cloud-init-eth0.network", /Address=192\.0\.2\.20\/24/],
    [
      "sysconfig",
      "rhel",
      "etc/sysconfig/network-scripts/ifcfg-eth0",
      /HWADDR=52:54:00:12:34:56[\s\S]*IPADDR=192\.0\.2\.20/,
    ],
  ])("turns the network-config into %s", async (kind, distro, file, expected) => {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-network-"));
    const [, context] = MACHINES;
    const input = join(folder, "network-config");
    await writeFile(
      input,
      installer.answers(context?.image ?? imageContext()).get("network-config")?.body ?? "",
    );
    const converted = spawnSync(
      "cloud-init",
      [
        ...["devel", "net-convert", "--network-data", input, "--kind", "yaml"],
        ...["--output-kind", kind, "-D", distro, "-d", folder],
      ],
      { encoding: "utf8" },
    );
    expect(converted.status, converted.stderr).toBe(0);
    const made = await readFile(join(folder, file), "utf8");
    await rm(folder, { recursive: true });
    expect(made).toMatch(expected);
  });
});
