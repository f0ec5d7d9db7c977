import type {
  AdminEvent,
  AdminOutcome,
  BootEvent,
  BootOutcome,
  CallbackEvent,
  CallbackOutcome,
  LifeEvent,
  LifeOutcome,
  NoOutcome,
  QuietEvent,
  Step,
  StepContext,
} from "./life.ts";
import { adminStep, guardStep } from "./life-admin.ts";
import { bootStep } from "./life-boot.ts";
import { callbackStep, tickStep } from "./life-callback.ts";
import type { Attempt, Life } from "./model.ts";

/**
 * The life of a machine, as a pure function: what an event makes of a machine and its attempt, what goes into the
 * timeline, and what is answered. The parts are next door: network boots, callbacks and time, the admin's orders.
 */
export function step(life: Life, event: BootEvent, context: StepContext): Step<BootOutcome<Attempt>>;
export function step(life: Life, event: CallbackEvent, context: StepContext): Step<CallbackOutcome>;
export function step(life: Life, event: AdminEvent, context: StepContext): Step<AdminOutcome>;
export function step(life: Life, event: QuietEvent, context: StepContext): Step<NoOutcome>;
export function step(life: Life, event: LifeEvent, context: StepContext): Step<LifeOutcome>;
export function step(life: Life, event: LifeEvent, context: StepContext): Step<LifeOutcome> {
  switch (event.kind) {
    case "network-boot":
      return bootStep(life, event, context);
    case "started":
    case "progress":
    case "done":
    case "failed":
    case "booted":
    case "log":
    case "report":
      return callbackStep(life, event, context);
    case "tick":
      return tickStep(life, context);
    case "reinstall":
    case "local":
    case "cancel":
      return adminStep(life, event, context);
    case "assume-installed":
      return guardStep(life, context);
  }
}
