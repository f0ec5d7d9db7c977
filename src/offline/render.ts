import type { Firmware } from "../boot/client.ts";
import type { Dialect } from "../boot/content-paths.ts";
import { scriptView, templateOf } from "../boot/script-view.ts";
import type { Config, HostConfig } from "../config/model.ts";
import type { LoaderName } from "../config/profile-base.ts";
import type { ProfileConfig } from "../config/profiles/registry.ts";
import { BootwireError } from "../errors.ts";
import type { InstallContext } from "../installers/installer.ts";
import { refusalOf } from "../installers/refusal.ts";
import { installerFor } from "../installers/registry.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import { builtInTemplates, loadTemplates, type Templates } from "../templates/templates.ts";
import { machineNamed } from "./machine-named.ts";

/** A file as a machine would get it. */
export interface RenderedFile {
  readonly name: string;
  readonly contentType: string;
  readonly body: string;
}

/** Stands for what is only known on the wire; none of these opens anything. */
const PLACEHOLDER = { server: "SERVER", token: "TOKEN", attempt: "ATTEMPT" };

const DIALECT: Record<LoaderName, { readonly dialect: Dialect; readonly file: string }> = {
  ipxe: { dialect: "ipxe", file: "boot.ipxe" },
  pxelinux: { dialect: "pxelinux", file: "pxelinux.cfg" },
  grub: { dialect: "grub", file: "grub.cfg" },
};

/**
 * What a machine would get for an install, from the config alone: its boot script and its answers. Tokens and, without
 * `advertise`, the server's address are placeholders. `what` picks one file by name. Throws BW_MACHINE_UNKNOWN,
 * BW_MACHINE_NO_PROFILE, BW_RENDER_UNKNOWN, BW_INSTALLER_…, and what templates throw.
 */
export async function renderMachine(
  config: Config,
  machineName: string,
  what: string | undefined,
  firmware: Firmware,
): Promise<RenderedFile[]> {
  const host = machineNamed(config, machineName);
  if (!host.profile) {
    throw new BootwireError(
      "BW_MACHINE_NO_PROFILE",
      `${host.name} has no profile, so nothing to render`,
      "Give the host a profile in the config.",
    );
  }
  const templates = await loadTemplates(builtInTemplates(), config.templates);
  const files = renderAll(config, host, host.profile, firmware, templates);
  if (what === undefined) return files;
  const chosen = files.filter((file) => file.name === what);
  if (chosen.length > 0) return chosen;
  throw new BootwireError(
    "BW_RENDER_UNKNOWN",
    `${host.name} gets no file called ${what}`,
    `It gets: ${files.map((file) => file.name).join(", ")}.`,
  );
}

function renderAll(
  config: Config,
  host: HostConfig,
  profile: ProfileConfig,
  firmware: Firmware,
  templates: Templates,
): RenderedFile[] {
  const server = config.advertise === undefined ? PLACEHOLDER.server : formatIpv4(config.advertise);
  const baseUrl = `http://${server}:${config.http.port}`;
  const context: InstallContext = {
    host,
    profile,
    firmware,
    baseUrl,
    attemptUrl: `${baseUrl}/a/${PLACEHOLDER.token}`,
    attemptId: PLACEHOLDER.attempt,
    image: undefined,
  };
  const installer = installerFor(profile, templates);
  const refusal = refusalOf(installer, context);
  if (refusal) throw refusal;
  const { dialect, file } = DIALECT[profile.loader];
  const title = `installing ${host.name} with profile ${profile.name}`;
  const script = { kind: "install", title, plan: installer.boot(context) } as const;
  const body = templates.render(templateOf(script, dialect), scriptView(script, dialect, baseUrl, "SELF"));
  const answers = [...installer.answers(context)].map(([name, { contentType, body }]) => ({
    name,
    contentType,
    body,
  }));
  return [{ name: file, contentType: "text/plain; charset=utf-8", body }, ...answers];
}
