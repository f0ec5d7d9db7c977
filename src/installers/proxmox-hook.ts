import { z } from "zod";
import type { CallbackEvent } from "../machines/life.ts";
import type { InstallerCall } from "./installer.ts";

/** What the post-installation webhook says of an installed system, as far as it is of use (schema versions 1.0 to 1.2). */
const HOOK = z.object({
  fqdn: z.string(),
  "machine-id": z.string().optional(),
  filesystem: z.string().optional(),
  product: z.object({ fullname: z.string().optional(), version: z.string().optional() }).optional(),
  "ssh-public-host-keys": z.record(z.string(), z.string()).optional(),
});

/** Proxmox's webhook means "installed"; whom it was installed as goes into the log, host keys included. */
export function proxmoxCallback(call: InstallerCall): readonly CallbackEvent[] | undefined {
  if (call.name !== "proxmox") return undefined;
  const hook = parse(call.body);
  if (!hook) return undefined;
  const keys = Object.values(hook["ssh-public-host-keys"] ?? {}).filter((key) => key !== "unknown");
  const lines = [
    `${hook.product?.fullname ?? "Proxmox"} ${hook.product?.version ?? ""}`.trim(),
    `machine-id: ${hook["machine-id"] ?? "unknown"}`,
    `file system: ${hook.filesystem ?? "unknown"}`,
    ...keys.map((key) => `ssh host key: ${key.trim()}`),
  ];
  return [
    { kind: "log", text: `${lines.join("\n")}\n` },
    { kind: "report", hostname: hook.fqdn, users: ["root"] },
    { kind: "done" },
  ];
}

function parse(body: Buffer): z.output<typeof HOOK> | undefined {
  try {
    const parsed = HOOK.safeParse(JSON.parse(body.toString("utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
