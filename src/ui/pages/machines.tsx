import { useId, useState } from "preact/hooks";
import type { ApiMachine } from "../../api-types.ts";
import { useNow } from "../hooks.ts";
import { Ago } from "../parts/moment.tsx";
import { InstallProgress, TransferProgress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { State, Transfer } from "../store.ts";

const STATES = ["installing", "failed", "ready", "installed"] as const;
type Filter = "all" | (typeof STATES)[number];

/** Every machine of the config, and what it is doing. */
export function MachinesPage({ state }: { readonly state: State }) {
  const now = useNow(10_000);
  const [filter, setFilter] = useState<Filter>("all");
  const [words, setWords] = useState("");
  const { machines, transfers } = state;
  const byMachine = grouped(transfers);
  const all = machines ?? [];
  const shown = all.filter((machine) => matches(machine, filter, words));
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Machines</h1>
        {all.length > 0 && (
          <Filters machines={all} filter={filter} onFilter={setFilter} words={words} onWords={setWords} />
        )}
      </div>
      {machines && all.length === 0 && <NoMachines state={state} />}
      {shown.length > 0 && (
        <Table
          label="Machines"
          columns={columnsOf(byMachine, now)}
          rows={shown}
          keyOf={(machine) => machine.name}
        />
      )}
      {all.length > 0 && shown.length === 0 && <p class="empty">No machine matches.</p>}
    </>
  );
}

function grouped(transfers: readonly Transfer[]): Map<string | null, Transfer[]> {
  const groups = new Map<string | null, Transfer[]>();
  for (const transfer of transfers) {
    groups.set(transfer.machine, [...(groups.get(transfer.machine) ?? []), transfer]);
  }
  return groups;
}

function matches(machine: ApiMachine, filter: Filter, words: string): boolean {
  if (filter !== "all" && machine.state !== filter) return false;
  const text = [machine.name, machine.mac, machine.profile, machine.address, machine.currentAddress].join(
    " ",
  );
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

function Filters({
  machines,
  filter,
  onFilter,
  words,
  onWords,
}: {
  readonly machines: readonly ApiMachine[];
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  readonly words: string;
  readonly onWords: (words: string) => void;
}) {
  const id = useId();
  const counts = (state: Filter) =>
    state === "all" ? machines.length : machines.filter((machine) => machine.state === state).length;
  return (
    <div class="filters">
      <fieldset>
        <legend class="unseen">Show</legend>
        {(["all", ...STATES] as const).map((one) => (
          <button
            key={one}
            type="button"
            class={`chip ${one}`}
            aria-pressed={filter === one}
            onClick={() => onFilter(one)}
          >
            {one} <span class="number">{counts(one)}</span>
          </button>
        ))}
      </fieldset>
      <label class="unseen" for={id}>
        Find a machine
      </label>
      <input
        id={id}
        type="search"
        placeholder="Name, MAC, profile, address"
        value={words}
        onInput={(event) => onWords(event.currentTarget.value)}
      />
    </div>
  );
}

function columnsOf(
  transfers: ReadonlyMap<string | null, readonly Transfer[]>,
  now: number,
): readonly Column<ApiMachine>[] {
  return [
    {
      heading: "Machine",
      isName: true,
      cell: ({ name }) => <a href={`#/machines/${encodeURIComponent(name)}`}>{name}</a>,
    },
    { heading: "State", cell: (machine) => <StateBadge machine={machine} /> },
    {
      heading: "Doing",
      kind: "wide",
      cell: (machine) => <Doing machine={machine} transfers={transfers.get(machine.name) ?? []} />,
    },
    { heading: "Profile", cell: ({ profile }) => profile ?? <None /> },
    { heading: "Firmware", cell: ({ firmware }) => (firmware ? FIRMWARE[firmware] : <None />) },
    { heading: "Address", cell: ({ currentAddress, address }) => <Mono text={currentAddress ?? address} /> },
    { heading: "MAC", cell: ({ mac }) => <Mono text={mac} /> },
    { heading: "Last seen", cell: ({ lastSeen }) => <Ago at={lastSeen} now={now} /> },
  ];
}

export const FIRMWARE = { bios: "BIOS", uefi: "UEFI" } as const;

function Doing({
  machine,
  transfers,
}: {
  readonly machine: ApiMachine;
  readonly transfers: readonly Transfer[];
}) {
  const isInstalling = machine.attempt?.phase === "running" || machine.attempt?.phase === "finishing";
  return (
    <>
      {isInstalling && <InstallProgress machine={machine} />}
      {transfers.map((transfer) => (
        <TransferProgress key={transfer.id} transfer={transfer} />
      ))}
      {!isInstalling && transfers.length === 0 && (
        <span class="reason">{NEXT[machine.next](machine.reason)}</span>
      )}
    </>
  );
}

const NEXT = {
  install: (reason: string) => `Next boot installs: ${reason}`,
  local: (reason: string) => `Next boot: own disk, ${reason}`,
  hold: (reason: string) => `On hold: ${reason}`,
  nothing: (reason: string) => `Boots nothing: ${reason}`,
} as const;

function NoMachines({ state }: { readonly state: State }) {
  return (
    <div class="empty">
      <p>There are no machines in the config yet.</p>
      <p>
        Let one boot from the network: it turns up under <a href="#/unknown">Unknown</a>, with the lines to
        paste into <code>{state.status?.config}</code>.
      </p>
    </div>
  );
}

function Mono({ text }: { readonly text: string | null }) {
  return text === null ? <None /> : <span class="mono">{text}</span>;
}

function None() {
  return <span class="muted none">–</span>;
}
