import { useState } from "preact/hooks";
import type { ApiAccepted } from "../../api-types.ts";
import { ask } from "../api.ts";
import { moment } from "../format.ts";
import type { State } from "../store.ts";
import { Dialog } from "./dialog.tsx";
import { Problem } from "./problem.tsx";

/** What an admin has to know on every page: a lost state, a config that is refused, a daemon that is gone. */
export function Banners({ state }: { readonly state: State }) {
  const { status, connection } = state;
  return (
    <div class="banners" role="status">
      {connection === "lost" && (
        <div class="banner bad">
          <strong>The daemon does not answer.</strong> What you see may be out of date; trying again.
        </div>
      )}
      {status?.guarded && <Guarded state={state} />}
      {status?.refused && (
        <div class="banner warn">
          <p>
            <strong>The changed config is refused; the one before stays in force.</strong> Since{" "}
            {moment(status.refused.at)}.
          </p>
          <pre>{status.refused.message}</pre>
          <p>{status.refused.hint}</p>
        </div>
      )}
    </div>
  );
}

function Guarded({ state }: { readonly state: State }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <div class="banner bad">
      <p>
        <strong>Nothing is installed: the state was found lost.</strong> It is not known which machines are
        installed already, so every one boots from its own disk until you decide.
      </p>
      <button type="button" onClick={() => setAsking(true)}>
        Decide…
      </button>
      {isAsking && <Decide state={state} onClose={() => setAsking(false)} />}
    </div>
  );
}

function Decide({ state, onClose }: { readonly state: State; readonly onClose: () => void }) {
  const [problem, setProblem] = useState<unknown>();
  const decide = async (unseen: "arm" | "keep") => {
    try {
      await ask<ApiAccepted>("POST", "/accept-state", { unseen });
      onClose();
    } catch (error) {
      setProblem(error);
    }
  };
  const ready = (state.machines ?? []).filter((machine) => machine.profile !== null);
  return (
    <Dialog title="What does the lost state mean?" onClose={onClose}>
      <p>
        <strong>This is a new lab:</strong> machines that have not been seen since may be installed. Their
        disks are wiped at their next network boot.
      </p>
      <p>
        <strong>The machines are installed:</strong> all {ready.length} count as installed and boot from their
        own disks. Single ones can be reinstalled afterwards.
      </p>
      <Problem error={problem} />
      <div class="actions">
        <button type="button" class="quiet" onClick={onClose}>
          Not now
        </button>
        <button type="button" onClick={() => void decide("keep")}>
          They are installed
        </button>
        <button type="button" class="danger" onClick={() => void decide("arm")}>
          It is a new lab
        </button>
      </div>
    </Dialog>
  );
}
