/** What hooks can be told of, and what each means. The documentation is made from this table. */
export const HOOK_EVENTS = {
  "attempt.began": "An install began: the machine was given its installer.",
  "attempt.started": "The installer runs.",
  "attempt.done": "The installer said that it is done.",
  "attempt.failed": "The install failed, took too long, or took too many boots.",
  "attempt.cancelled": "An admin ended the install.",
  "machine.booted": "The installed system called home.",
  "machine.report": "The installed system told its name and users.",
  "machine.first-seen": "A machine of the config showed itself for the first time.",
  "machine.unknown":
    "A machine that is not in the config tried to boot, for the first time since the daemon started.",
  "machine.stalled": "A boot or an install does not go on; the text says what is missing.",
  "lease.given": "A machine has an address that it did not have before.",
} as const;

export type HookEventKind = keyof typeof HOOK_EVENTS;

/** The kinds, in the order of the table. */
export const HOOK_EVENT_KINDS: readonly HookEventKind[] = Object.keys(HOOK_EVENTS).filter(isHookEventKind);

/** Whether a word is the kind of an event that hooks can be told of. */
export function isHookEventKind(word: string): word is HookEventKind {
  return Object.hasOwn(HOOK_EVENTS, word);
}
