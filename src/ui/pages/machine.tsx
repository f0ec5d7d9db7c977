import { useState } from "preact/hooks";
import type { ApiMachine } from "../../api-types.ts";
import { order } from "../api.ts";
import { moment } from "../format.ts";
import { useNow } from "../hooks.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Ago } from "../parts/moment.tsx";
import { Problem } from "../parts/problem.tsx";
import { InstallProgress, TransferProgress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import type { State, Store } from "../store.ts";
import { Attempts } from "./machine-attempts.tsx";
import { Preview } from "./machine-preview.tsx";
import { Timeline } from "./machine-timeline.tsx";
import { FIRMWARE } from "./machines.tsx";

/** One machine: what it is, what it does, what it did, and what it would get. */
export function MachinePage({
  name,
  state,
  store,
}: {
  readonly name: string;
  readonly state: State;
  readonly store: Store;
}) {
  const machine = state.machines?.find((one) => one.name === name);
  const transfers = state.transfers.filter((transfer) => transfer.machine === name);
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href="#/">Machines</a>
      </nav>
      <div class="page-head">
        <h1 tabIndex={-1}>{name}</h1>
        {machine && <StateBadge machine={machine} />}
        {machine && <Orders machine={machine} store={store} />}
      </div>
      {state.machines && !machine && (
        <p class="empty">There is no machine of this name in the config (any more).</p>
      )}
      {machine && (
        <>
          <section class="card" aria-label="Now">
            <p class="next">
              <Next machine={machine} />
            </p>
            <InstallProgress machine={machine} />
            {transfers.map((transfer) => (
              <TransferProgress key={transfer.id} transfer={transfer} />
            ))}
            <Facts machine={machine} />
          </section>
          <Timeline machine={machine} store={store} version={state.versions.events} />
          <Attempts machine={machine} />
          <Preview machine={machine} version={state.versions.config} />
        </>
      )}
    </>
  );
}

/** What a network boot would get now, and why. */
function Next({ machine: { state, next, reason } }: { readonly machine: ApiMachine }) {
  if (state === "installing" && next === "install")
    return <strong>Another network boot goes on with this install.</strong>;
  return (
    <>
      <strong>{NEXT[next]}</strong> {reason}.
    </>
  );
}

const NEXT = {
  install: "The next network boot installs:",
  local: "The next network boot goes to its own disk:",
  hold: "The next network boot is held:",
  nothing: "There is nothing to boot:",
} as const;

function Facts({ machine }: { readonly machine: ApiMachine }) {
  const now = useNow(10_000);
  const facts = [
    ["MAC", machine.mac],
    ["Profile", machine.profile],
    ["Firmware", machine.firmware && FIRMWARE[machine.firmware]],
    ["Address", machine.currentAddress],
    ["Reserved", machine.address],
    ["Disk", machine.disk ?? "its only one"],
  ] as const;
  return (
    <dl class="facts">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd class="mono">{value ?? "–"}</dd>
        </div>
      ))}
      <div>
        <dt>Last seen</dt>
        <dd>
          <Ago at={machine.lastSeen} now={now} />
        </dd>
      </div>
      {machine.attempt && (
        <div>
          <dt>Latest attempt</dt>
          <dd>{moment(machine.attempt.startedAt)}</dd>
        </div>
      )}
    </dl>
  );
}

type Order = "reinstall" | "local" | "cancel";

function Orders({ machine, store }: { readonly machine: ApiMachine; readonly store: Store }) {
  const [asking, setAsking] = useState<Order>();
  const isRunning = machine.attempt?.phase === "running";
  return (
    <div class="actions orders">
      {isRunning && (
        <button type="button" onClick={() => setAsking("cancel")}>
          Cancel install…
        </button>
      )}
      <button type="button" onClick={() => setAsking("local")}>
        Boot local…
      </button>
      <button
        type="button"
        class="danger"
        disabled={machine.profile === null}
        onClick={() => setAsking("reinstall")}
      >
        Reinstall…
      </button>
      {asking && (
        <Confirm machine={machine} what={asking} store={store} onClose={() => setAsking(undefined)} />
      )}
    </div>
  );
}

/** Every order is confirmed by a word that says what it does; the one that wipes a disk names the disk. */
function Confirm({
  machine,
  what,
  store,
  onClose,
}: {
  readonly machine: ApiMachine;
  readonly what: Order;
  readonly store: Store;
  readonly onClose: () => void;
}) {
  const [problem, setProblem] = useState<unknown>();
  const { name, profile, disk } = machine;
  const send = async () => {
    try {
      const body = what === "reinstall" ? { confirm: { disk, profile } } : {};
      store.changed([await order<ApiMachine>(name, what, body)]);
      onClose();
    } catch (error) {
      setProblem(error);
    }
  };
  const { title, text, yes } = wording(machine, what);
  return (
    <Dialog title={title} onClose={onClose}>
      {text}
      <Problem error={problem} />
      <div class="actions">
        <button type="button" class="quiet" onClick={onClose}>
          Leave it
        </button>
        <button type="button" class={what === "reinstall" ? "danger" : "primary"} onClick={() => void send()}>
          {yes}
        </button>
      </div>
    </Dialog>
  );
}

function wording({ name, profile, disk, attempt }: ApiMachine, what: Order) {
  switch (what) {
    case "reinstall":
      return {
        title: `Reinstall ${name}?`,
        text: (
          <>
            <p>
              Its next network boot installs <strong>{profile}</strong> and{" "}
              <strong>wipes {diskName(disk)}</strong>. What is on it is lost.
            </p>
            {attempt?.phase === "running" && <p>The install that is under way is cancelled.</p>}
          </>
        ),
        yes: `Wipe ${diskName(disk)}`,
      };
    case "local":
      return {
        title: `Boot ${name} from its own disk?`,
        text: (
          <p>
            It counts as installed from now on, and its network boots go to its own disk until you reinstall
            it.
            {attempt?.phase === "running" && " The install that is under way is cancelled."}
          </p>
        ),
        yes: "Boot local",
      };
    case "cancel":
      return {
        title: `Cancel the install of ${name}?`,
        text: (
          <p>
            The installer is not stopped, but its token is void: it can report and fetch nothing more. What is
            on the disk by now is neither the old system nor a new one.
          </p>
        ),
        yes: "Cancel the install",
      };
  }
}

function diskName(disk: string | null): string {
  return disk ?? "its only disk";
}
