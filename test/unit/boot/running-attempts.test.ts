import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BootWorld, MAC, SCRIPT, SERVER } from "./boot-world.ts";

const config = (marker: string, more = "", host = "profile: cloud") => `templates: ./templates
profiles:
  cloud: {installer: image, image: disk.raw, vars: {marker: ${marker}}, users: [{name: ${marker}, password: secret}]}
  other: {installer: image, image: disk.raw, loader: grub, vars: {marker: other}}
hosts:
  - {name: web-1, mac: ${MAC}, ${host}}
${more}`;

describe("an attempt keeps what it began with", () => {
  let world: BootWorld;
  beforeEach(async () => {
    world = await BootWorld.create(config("old"));
    world.write(
      "templates/image/user-data.hbs",
      "#cloud-config {{vars.marker}} by the first template {{json users}}\n",
    );
    await world.live.reload();
  });
  afterEach(() => world.dispose());

  /** The machine is in the middle of its install; later boots of it are not the same boot. */
  async function begin(): Promise<{ script: string; answers: string | undefined }> {
    const script = await world.script();
    const answers = await world.answer();
    expect(answers).toContain("old by the first template");
    world.lab.now += 60_000;
    return { script, answers };
  }

  test("when its profile and templates change, over a restart too; the next install gets the new", async () => {
    const before = await begin();
    world.write("bootwire.yaml", config("new"));
    world.write("templates/image/user-data.hbs", "#cloud-config {{vars.marker}} by the second template\n");
    world.write("templates/boot/install.ipxe.hbs", "#!ipxe\n# changed\n");
    await world.live.reload();
    expect(await world.answer()).toBe(before.answers);
    expect(await world.script()).toBe(before.script);

    await world.restart();
    world.lab.now += 60_000;
    expect(await world.answer()).toBe(before.answers);
    expect(await world.script()).toBe(before.script);
    expect(
      world.lab.machines.events({ machine: "web-1", limit: 50 }).map((event) => event.kind),
    ).not.toContain("attempt.cancelled");

    world.lab.machines.reinstall("web-1");
    expect(await world.script()).toBe("#!ipxe\n# changed\n");
    expect(await world.answer()).toBe("#cloud-config new by the second template\n");
  });

  test("when the machine is given another profile, which does not begin anew in the middle of it", async () => {
    const before = await begin();
    world.write("bootwire.yaml", config("old", "", "profile: other"));
    await world.live.reload();
    expect(await world.script()).toBe(before.script);
    expect(await world.answer()).toBe(before.answers);
    const advice = world.boot.loader({
      mac: MAC,
      arch: 7,
      vendorClass: "PXEClient:Arch:00007",
      userClass: undefined,
      ipxe: undefined,
      uuid: undefined,
      server: SERVER,
      kind: "pxe",
    });
    expect(advice).toMatchObject({ kind: "boot", file: "ipxe.efi" });
  });

  test("when the machine is renamed, or taken out of the config", async () => {
    const before = await begin();
    world.write("bootwire.yaml", config("new").replace("web-1", "web-9"));
    await world.live.reload();
    expect(await world.answer("user-data", "web-9")).toBe(before.answers);
    expect((await world.boot.script(SCRIPT, SERVER))?.host?.name).toBe("web-9");
    world.write("bootwire.yaml", "hosts: []\n");
    await world.live.reload();
    expect(await world.answer("user-data", "web-9")).toBe(before.answers);
  });

  test("but not what another release of the program has kept: that is served from the config in force", async () => {
    await begin();
    world.write("bootwire.yaml", config("new"));
    await world.restart("1.3.0");
    expect(await world.answer()).toContain("new by the first template");
  });

  test("and no longer: nothing of it is left once it is over", async () => {
    await begin();
    const file = join(world.lab.folder, "state.db");
    const token = world.lab.machines.get("web-1")?.attempt?.token ?? "";
    const kept = world.lab.machines.get("web-1")?.attempt?.basis?.host ?? "";
    expect(world.lab.machines.basis(kept)).toContain("$6$");
    world.lab.machines.callback(token, { kind: "done" });
    expect(world.lab.machines.basis(kept)).toBeUndefined();
    expect(await world.answer()).toBeUndefined();
    world.lab.stop();
    expect(readFileSync(file, "latin1").includes("$6$")).toBe(false);
    await world.lab.start();
  });
});

describe("a script is made of one configuration", () => {
  let world: BootWorld;
  afterEach(() => world.dispose());

  test("also when another one comes into force while its media is looked at", async () => {
    world = await BootWorld.create(config("old"));
    world.write("templates/boot/install.ipxe.hbs", "#!ipxe\n# second {{title}}\n");
    world.write(
      "bootwire.yaml",
      config("new").replace("cloud:", "fresh:").replace("profile: cloud", "profile: fresh"),
    );
    const [script] = await Promise.all([world.script(), world.live.reload()]);
    const begun = world.lab.machines.get("web-1")?.attempt?.profile;
    if (begun === "fresh") expect(script).toBe("#!ipxe\n# second installing web-1 with profile fresh\n");
    else expect(script).toContain("bootwire.image=");
    expect(await world.answer()).toContain(begun === "fresh" ? "new" : "old");
  });
});
