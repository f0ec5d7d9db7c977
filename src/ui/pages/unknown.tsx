import { useState } from "preact/hooks";
import type { ApiUnknown } from "../../api-types.ts";
import { useNow } from "../hooks.ts";
import { Copyable } from "../parts/copyable.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Ago } from "../parts/moment.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { State } from "../store.ts";
import { FIRMWARE } from "./machines.tsx";

type Stranger = ApiUnknown["machines"][number];

/** Machines that boot from the network and are not in the config. */
export function UnknownPage({ state }: { readonly state: State }) {
  const now = useNow(10_000);
  const [chosen, setChosen] = useState<Stranger>();
  const { unknown, status } = state;
  const columns: readonly Column<Stranger>[] = [
    { heading: "MAC", isName: true, cell: ({ mac }) => <span class="mono">{mac}</span> },
    {
      heading: "Firmware",
      cell: ({ firmware, arch }) =>
        firmware ? FIRMWARE[firmware] : arch === null ? "–" : `architecture ${arch}`,
    },
    { heading: "Says it is", kind: "wide", cell: (one) => one.userClass ?? one.vendorClass ?? "–" },
    { heading: "Address", cell: ({ address }) => <span class="mono">{address ?? "–"}</span> },
    { heading: "First seen", cell: ({ firstSeen }) => <Ago at={firstSeen} now={now} /> },
    { heading: "Last seen", cell: ({ lastSeen }) => <Ago at={lastSeen} now={now} /> },
    { heading: "Times", kind: "number", cell: ({ count }) => count },
    {
      heading: "What to do",
      cell: (one) => (
        <button type="button" onClick={() => setChosen(one)}>
          Make it a host<span class="unseen">: {one.mac}</span>
        </button>
      ),
    },
  ];
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Unknown machines</h1>
      </div>
      <p class="lead">
        Machines that asked for something to boot since the daemon started, and are not in the config.
      </p>
      {unknown && unknown.length === 0 && <p class="empty">None so far.</p>}
      {unknown && unknown.length > 0 && (
        <Table label="Unknown machines" columns={columns} rows={unknown} keyOf={(one) => one.mac} />
      )}
      {chosen && (
        <Dialog title={`Make ${chosen.mac} a host`} onClose={() => setChosen(undefined)}>
          <p>
            Put these lines under <code>hosts:</code> in <code>{status?.config}</code>, with a name of your
            own. The daemon takes the change up at once.
          </p>
          <Copyable label="Lines for the config" text={chosen.yaml} />
          <p class="muted">With a profile, its next network boot installs it, and wipes its disk.</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setChosen(undefined)}>
              Done
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
