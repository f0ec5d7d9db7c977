import path from "node:path";
import type { HookConfig } from "./model.ts";
import type { HookFile } from "./schema.ts";

/** `base`: the folder of the config file. */
export function resolveHook(hook: HookFile, base: string): HookConfig {
  const { url, events, secret = "", secretFile, timeout = 10 } = hook;
  return {
    url,
    events,
    // The schema sees to it that there is one of the two.
    secret:
      secretFile === undefined
        ? { kind: "text", text: secret }
        : { kind: "file", path: path.resolve(base, secretFile) },
    timeout,
  };
}
