import type { CallbackEvent } from "../machines/life.ts";
import type { ReportingEvent } from "./reporting-event.ts";

/** Steps of an install, in their order, by how their start is told; the percentages are how far it is in time, roughly. */
const STEPS: readonly { readonly percent: number; readonly text: string; readonly at: RegExp }[] = [
  { percent: 5, text: "looking at the machine", at: /^subiquity\/Early\/run$/ },
  { percent: 10, text: "installing the system", at: /\/install\/curtin_install$/ },
  { percent: 15, text: "partitioning", at: /executing curtin install partitioning step/ },
  { percent: 20, text: "copying the system", at: /executing curtin install extract step/ },
  { percent: 45, text: "kernel and boot loader", at: /executing curtin install curthooks step/ },
  { percent: 60, text: "final system configuration", at: /\/install\/postinstall$/ },
  { percent: 65, text: "installing packages", at: /\/postinstall\/install_[^/]+$/ },
  { percent: 80, text: "installing updates", at: /\/postinstall\/run_unattended_upgrades$/ },
  { percent: 88, text: "last commands", at: /^subiquity\/Late\/run$/ },
];

/** What fails before the installer knows whom to tell; of all later failures error-commands tell, with the log. */
const MUTE = /^subiquity\/(?:load_cloud_config|load_autoinstall_config|apply_autoinstall_config)$/;

/** One event of Ubuntu's installer in the common vocabulary; most of them say nothing that a timeline needs. */
export function subiquityEvents(event: ReportingEvent): readonly CallbackEvent[] {
  const said = event.description === "" ? event.name : event.description;
  switch (event.kind) {
    case "start": {
      const step = STEPS.find(({ at }) => at.test(event.name) || at.test(event.description));
      if (!step) return [];
      const isPackage = step.text === "installing packages" && event.description !== "";
      return [{ kind: "progress", percent: step.percent, text: isPackage ? event.description : step.text }];
    }
    case "finish":
      if (event.result !== "FAIL") return [];
      if (MUTE.test(event.name))
        return [{ kind: "failed", reason: `the installer failed: ${said}`, log: undefined }];
      return [{ kind: "log", text: `FAIL ${event.name}: ${event.description}\n` }];
    case "warning":
    case "error":
      return [{ kind: "log", text: `${event.kind} ${event.name}: ${event.description}\n` }];
    default:
      return [];
  }
}

/** One event of an installed system's cloud-init: the end of each of its stages, and what went wrong in between. */
export function cloudInitEvents(event: ReportingEvent): readonly CallbackEvent[] {
  const isStage = !event.name.includes("/");
  if (event.kind !== "finish" || (!isStage && event.result === "SUCCESS")) return [];
  return [
    { kind: "log", text: `cloud-init ${event.name}: ${event.result ?? "ended"} ${event.description}\n` },
  ];
}
