import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { onTestFinished } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/model.ts";
import { createAdminApp } from "../../../src/http/admin-app.ts";
import type { AdminAppParts } from "../../../src/http/admin-parts.ts";
import type { BootAppParts } from "../../../src/http/boot-parts.ts";
import { Lab } from "../machines/lab.ts";
import { appParts } from "./admin-parts.ts";

/** A SHA-512 crypt hash that must be shown nowhere. */
export const SECRET_HASH = `$6$saltsalt$${"h".repeat(86)}`;

const CONFIG = `
defaults:
  users: [{ name: ada, passwordHash: "${SECRET_HASH}" }]
  vars: { wifiPassword: hunter2 }
profiles:
  cloud: { installer: image, image: disk.raw, seed: nocloud }
  trixie: { installer: debian, kernel: d/linux, initrd: d/initrd.gz, suite: trixie, mirror: { host: deb.example.org } }
hosts:
  - { name: web-1, mac: "52:54:00:12:34:56", profile: cloud, disk: /dev/vda }
  - { name: db-1, mac: "52:54:00:12:34:57", profile: trixie }
  - { name: bare, mac: "52:54:00:12:34:58" }
`;

/** The admin app with its real parts, asked without a network. Closed when the test ends. */
export class AdminLab {
  readonly app: FastifyInstance;
  readonly parts: AdminAppParts;
  readonly bootParts: BootAppParts;
  readonly lab: Lab;
  readonly config: Config;

  private constructor(lab: Lab, config: Config, parts: { admin: AdminAppParts; boot: BootAppParts }) {
    this.lab = lab;
    this.config = config;
    this.parts = parts.admin;
    this.bootParts = parts.boot;
    this.app = createAdminApp(parts.admin);
  }

  static async create(ui?: string): Promise<AdminLab> {
    const folder = mkdtempSync(join(tmpdir(), "bootwire-api-"));
    const path = join(folder, "bootwire.yaml");
    writeFileSync(path, CONFIG);
    const loaded = await loadConfig(path);
    if (!loaded.ok) throw new Error(`the test's config is wrong: ${JSON.stringify(loaded.problems)}`);
    const lab = await Lab.create(loaded.config.hosts);
    const parts = await appParts(lab, loaded.config);
    const made = new AdminLab(lab, loaded.config, { ...parts, admin: { ...parts.admin, ui } });
    onTestFinished(async () => {
      await made.app.close();
      lab.dispose();
      rmSync(folder, { recursive: true });
    });
    return made;
  }

  /** Asks as an admin's tool does. */
  ask(method: "GET" | "POST" | "DELETE", url: string, payload?: object): Promise<LightMyRequestResponse> {
    const headers = { authorization: `Bearer ${this.parts.token}` };
    return this.inject({ method, url: `/api/v1${url}`, headers, ...(payload && { payload }) });
  }

  async get<T>(url: string): Promise<T> {
    const response = await this.ask("GET", url);
    if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode} ${response.body}`);
    return response.json<T>();
  }

  inject(options: InjectOptions): Promise<LightMyRequestResponse> {
    return this.app.inject(options);
  }
}

/** The stable code of an error. */
export function codeOf(response: LightMyRequestResponse): string {
  return response.json<{ error: { code: string } }>().error.code;
}
