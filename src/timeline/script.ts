import type { RenderedScript } from "../boot/boot-service.ts";
import type { ScriptName } from "../boot/content-paths.ts";
import type { TimelineEvent } from "../machines/model.ts";

/** The timeline's line for a boot script that was handed out. */
export function scriptLine(name: ScriptName, rendered: RenderedScript, at: number): TimelineEvent {
  return {
    at,
    mac: name.mac,
    machine: rendered.host?.name,
    attempt: rendered.attempt?.id,
    kind: `boot.${rendered.script.kind}`,
    text: `${name.firmware} ${name.dialect} gets its script: ${gist(rendered)}`,
    data: { firmware: name.firmware, loader: name.dialect },
  };
}

function gist(rendered: RenderedScript): string {
  const { script } = rendered;
  switch (script.kind) {
    case "install":
      return `${script.title} (attempt ${rendered.attempt?.id ?? "preview"})`;
    case "local":
      return `own disk, ${script.reason}`;
    case "hold":
    case "wait":
      return `${script.title}: ${script.reason}`;
    case "register":
      return "how to make this machine known";
  }
}
