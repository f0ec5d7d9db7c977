import { useState } from "preact/hooks";
import type { ApiAttempts, ApiLog, ApiMachine } from "../../api-types.ts";
import { duration, moment } from "../format.ts";
import { useAnswer } from "../hooks.ts";
import { Listing } from "../parts/listing.tsx";
import { Problem } from "../parts/problem.tsx";
import { PhaseBadge } from "../parts/state-badge.tsx";
import { FIRMWARE } from "./machines.tsx";

type Attempt = ApiAttempts["attempts"][number];

/** The installs of a machine, the newest first. */
export function Attempts({ machine }: { readonly machine: ApiMachine }) {
  const path = `/machines/${encodeURIComponent(machine.name)}/attempts`;
  // Another attempt, or another phase of it: the list has changed.
  const { attempt } = machine;
  const answer = useAnswer<ApiAttempts>(path, attempt ? attempt.startedAt + attempt.phase.length : 0);
  const attempts = answer.value?.attempts ?? [];
  return (
    <section class="card" aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      <Problem error={answer.error} />
      {answer.value && attempts.length === 0 && (
        <p class="empty">It has not been installed by Bootwire yet.</p>
      )}
      <ul class="attempts">
        {attempts.map((one) => (
          <li key={one.id}>
            <AttemptLine attempt={one} path={path} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function AttemptLine({ attempt, path }: { readonly attempt: Attempt; readonly path: string }) {
  const [isOpen, setOpen] = useState(false);
  const { startedAt, endedAt, boots } = attempt;
  return (
    <>
      <p class="attempt">
        <PhaseBadge phase={attempt.phase} />
        <span>{moment(startedAt)}</span>
        {endedAt !== null && <span>{duration(endedAt - startedAt)}</span>}
        <span>
          {attempt.profile}, {FIRMWARE[attempt.firmware]}
        </span>
        <span>
          {boots} {boots === 1 ? "network boot" : "network boots"}
        </span>
        <code>{attempt.id}</code>
      </p>
      {attempt.failure && <p class="failure">{attempt.failure}</p>}
      {attempt.hasLog && (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>The installer's log</summary>
          {isOpen && <Log path={`${path}/${attempt.id}/log`} />}
        </details>
      )}
    </>
  );
}

function Log({ path }: { readonly path: string }) {
  const answer = useAnswer<ApiLog>(path, 0);
  return (
    <>
      <Problem error={answer.error} />
      {answer.value && <Listing label="The installer's log" text={answer.value.log} />}
    </>
  );
}
