import type { ApiAttempt, ApiMachine } from "../../api-types.ts";

type Kind = ApiMachine["state"] | "cancelled" | "held";

const PATHS: Record<Kind, string> = {
  ready: "M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z",
  installing: "M8 2.5v7M4.8 6.8 8 10l3.2-3.2M3.5 13h9",
  installed: "m3.5 8.5 3 3 6-7",
  failed: "m4.5 4.5 7 7m0-7-7 7",
  cancelled: "M4 8h8",
  held: "M6 4v8m4-8v8",
};

/** The state of a machine: a colour, a shape and a word, so that none of them is needed alone. */
export function StateBadge({ machine }: { readonly machine: ApiMachine }) {
  if (machine.state === "ready" && machine.next === "nothing") return <Badge kind="held" text="reserved" />;
  return <Badge kind={machine.state} text={machine.state} />;
}

const PHASES: Record<ApiAttempt["phase"], readonly [Kind, string]> = {
  running: ["installing", "running"],
  finishing: ["installing", "waiting for the system"],
  succeeded: ["installed", "succeeded"],
  failed: ["failed", "failed"],
  cancelled: ["cancelled", "cancelled"],
};

export function PhaseBadge({ phase }: { readonly phase: ApiAttempt["phase"] }) {
  const [kind, text] = PHASES[phase];
  return <Badge kind={kind} text={text} />;
}

function Badge({ kind, text }: { readonly kind: Kind; readonly text: string }) {
  return (
    <span class={`badge ${kind}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d={PATHS[kind]} />
      </svg>
      {text}
    </span>
  );
}
