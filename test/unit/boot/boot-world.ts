import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BootService } from "../../../src/boot/boot-service.ts";
import type { ScriptName } from "../../../src/boot/content-paths.ts";
import { LiveConfig } from "../../../src/daemon/live-config.ts";
import type { Machines } from "../../../src/machines/machines.ts";
import { Catalogue } from "../../../src/media/catalogue.ts";
import { DigestIndex } from "../../../src/media/digest-index.ts";
import { ImagePreparer } from "../../../src/media/image-preparer.ts";
import { parseIpv4 } from "../../../src/net/ipv4.ts";
import { Lab } from "../machines/lab.ts";
import { mac } from "../support/config.ts";

export const MAC = mac("52:54:00:12:34:56");
/** The script that an iPXE on BIOS asks for. */
export const SCRIPT: ScriptName = { mac: MAC, firmware: "bios", dialect: "ipxe" };

function address(text: string) {
  const parsed = parseIpv4(text);
  if (parsed === undefined) throw new TypeError(`not an address: ${text}`);
  return parsed;
}

export const SERVER = address("10.0.0.1");

/** The daemon without its servers, from a config file on: configuration, state, media and the decision. */
export class BootWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "bootwire-world-"));
  readonly path = join(this.folder, "bootwire.yaml");
  #parts: { readonly live: LiveConfig; readonly lab: Lab; readonly boot: BootService } | undefined;
  #images: ImagePreparer | undefined;

  static async create(yaml: string): Promise<BootWorld> {
    const world = new BootWorld();
    mkdirSync(join(world.folder, "media"));
    mkdirSync(join(world.folder, "templates"));
    world.write("media/disk.raw", "a disk");
    world.write("bootwire.yaml", yaml);
    const live = await LiveConfig.open(world.path);
    const lab = await Lab.create(live.active.config.hosts);
    await world.#begin(live, lab);
    return world;
  }

  /** Ends the daemon in good order, and starts it with the config as it lies there now. */
  async restart(release?: string): Promise<void> {
    await this.#images?.close();
    const live = await LiveConfig.open(this.path);
    await this.lab.restart();
    this.lab.reconfigure(live.active.config.hosts);
    await this.#begin(live, this.lab, release);
  }

  async #begin(live: LiveConfig, lab: Lab, release = "1.2.3"): Promise<void> {
    live.onChange((next) => lab.reconfigure(next.config.hosts));
    const media = () => live.active.config.media;
    const catalogue = new Catalogue({ path: () => undefined }, media);
    const images = new ImagePreparer(catalogue, media, new DigestIndex(join(this.folder, "digests.json")));
    const machines = {
      preview: (...args: Parameters<Machines["preview"]>) => lab.machines.preview(...args),
      networkBoot: (...args: Parameters<Machines["networkBoot"]>) => lab.machines.networkBoot(...args),
      running: (...args: Parameters<Machines["running"]>) => lab.machines.running(...args),
      basis: (...args: Parameters<Machines["basis"]>) => lab.machines.basis(...args),
    };
    const boot = new BootService({ inForce: () => live.inForce, machines, catalogue, images, release });
    this.#parts = { live, lab, boot };
    this.#images = images;
    for (const host of live.active.config.hosts) {
      if (host.profile?.installer === "image") await images.status(host.profile);
    }
    await images.settled();
  }

  get live(): LiveConfig {
    return this.#the.live;
  }

  get lab(): Lab {
    return this.#the.lab;
  }

  get boot(): BootService {
    return this.#the.boot;
  }

  get #the() {
    if (!this.#parts) throw new Error("the world has not begun");
    return this.#parts;
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  /** What the machine gets at its network boot. */
  async script(name: ScriptName = SCRIPT): Promise<string> {
    return (await this.boot.script(name, SERVER))?.body ?? "nothing";
  }

  /** One of the answers of the machine's running attempt. */
  async answer(file = "user-data", machine = "web-1"): Promise<string | undefined> {
    const attempt = this.lab.machines.get(machine)?.attempt;
    if (!attempt) throw new Error(`${machine} has no attempt`);
    const found = this.lab.machines.attemptByToken(attempt.token, "answers");
    if (!found) return undefined;
    return (await this.boot.answers(found.machine, found.attempt, SERVER))?.get(file)?.body;
  }

  async dispose(): Promise<void> {
    await this.#images?.close();
    this.lab.dispose();
    rmSync(this.folder, { recursive: true });
  }
}
