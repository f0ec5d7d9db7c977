import type { HostConfig } from "../config/model.ts";
import type { BootAdvice } from "../dhcp/ports.ts";
import { BootwireError } from "../errors.ts";
import type { Ipv4 } from "../net/ipv4.ts";
import type { BootService } from "./boot-service.ts";
import type { Firmware, Runs } from "./client.ts";
import type { Dialect } from "./content-paths.ts";
import { maskedHost, maskerOf } from "./masking.ts";

/** What is wanted of a preview; what is left out is not narrowed down. */
export interface PreviewFilter {
  readonly firmware?: Firmware | undefined;
  readonly loader?: Dialect | undefined;
}

/** What DHCP would answer at one step of a boot. */
export interface PreviewStep {
  readonly firmware: Firmware;
  readonly runs: Runs;
  readonly advice: BootAdvice;
}

/** A file as the machine would get it, but for its secrets. */
export interface PreviewFile {
  readonly name: string;
  readonly kind: "script" | "answer";
  readonly firmware: Firmware;
  readonly loader: Dialect | undefined;
  readonly contentType: string;
  readonly body: string;
  /** Why it cannot be rendered; the body is empty then. */
  readonly problem: string | undefined;
}

/** Every loader that there is, on the firmware that it runs on, and the name of its script. */
const SCRIPTS = [
  { firmware: "bios", loader: "ipxe", name: "boot.ipxe" },
  { firmware: "uefi", loader: "ipxe", name: "boot.ipxe" },
  { firmware: "bios", loader: "pxelinux", name: "pxelinux.cfg" },
  { firmware: "uefi", loader: "grub", name: "grub.cfg" },
] as const;

/** Client architectures (option 93) that stand for a firmware. */
const ARCH = { bios: 0, uefi: 7 } as const satisfies Record<Firmware, number>;

/** What DHCP would answer now to a machine's firmware, and to an iPXE that runs on it. Changes nothing. */
export function previewSteps(
  boot: BootService,
  host: HostConfig,
  server: Ipv4,
  filter: PreviewFilter,
): PreviewStep[] {
  const firmwares = (["bios", "uefi"] as const).filter(
    (one) => filter.firmware === undefined || filter.firmware === one,
  );
  return firmwares.flatMap((firmware) =>
    (["firmware", "ipxe"] as const).map((runs) => {
      const advice = boot.loader({
        mac: host.mac,
        arch: ARCH[firmware],
        vendorClass: "PXEClient",
        userClass: runs === "ipxe" ? "iPXE" : undefined,
        ipxe: undefined,
        uuid: undefined,
        server,
        kind: "pxe",
      });
      return { firmware, runs, advice };
    }),
  );
}

/** The scripts and answers that a machine would get now, secrets masked. Changes nothing. */
export async function previewFiles(
  boot: BootService,
  host: HostConfig,
  server: Ipv4,
  filter: PreviewFilter,
): Promise<PreviewFile[]> {
  const served = boot.servedFrom(host);
  const mask = maskerOf(served);
  const files: PreviewFile[] = [];
  const firmwares = new Set<Firmware>();
  for (const { firmware, loader, name } of SCRIPTS) {
    if (filter.firmware !== undefined && filter.firmware !== firmware) continue;
    if (filter.loader !== undefined && filter.loader !== loader) continue;
    firmwares.add(firmware);
    const known = {
      name,
      kind: "script",
      firmware,
      loader,
      contentType: "text/plain; charset=utf-8",
    } as const;
    const rendered = await attempt(() =>
      boot.previewScript({ mac: host.mac, firmware, dialect: loader }, server),
    );
    if (!rendered.ok) files.push({ ...known, body: "", problem: rendered.problem });
    else if (rendered.value) files.push({ ...known, body: mask(rendered.value.body), problem: undefined });
  }
  for (const firmware of firmwares) {
    const known = { kind: "answer", firmware, loader: undefined } as const;
    const answers = await attempt(() => boot.previewAnswers(maskedHost(served), firmware, server));
    if (!answers.ok) {
      files.push({ ...known, name: "answers", contentType: "", body: "", problem: answers.problem });
      continue;
    }
    for (const [name, { contentType, body }] of answers.value) {
      files.push({ ...known, name, contentType, body: mask(body), problem: undefined });
    }
  }
  return files;
}

/** An admin who looks at a machine wants to see the rest of it where one file cannot be rendered. */
async function attempt<T>(
  action: () => Promise<T>,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }> {
  try {
    return { ok: true, value: await action() };
  } catch (error) {
    if (!(error instanceof BootwireError)) throw error;
    return { ok: false, problem: `${error.message}. ${error.hint} [${error.code}]` };
  }
}
