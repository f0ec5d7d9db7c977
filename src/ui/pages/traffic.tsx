import { bytes } from "../format.ts";
import { useNow } from "../hooks.ts";
import { Plot } from "../parts/plot.tsx";
import { TransferProgress } from "../parts/progress.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { joined, type State, type Transfer } from "../store.ts";

/** What goes over the wire, now and in the last minutes. */
export function TrafficPage({ state }: { readonly state: State }) {
  const now = useNow(1000);
  const { throughput, transfers } = state;
  // Time goes on where nothing is sent, and nobody tells of it.
  const plotted = throughput && upTo(throughput, now);
  const rate = (series: readonly number[] | undefined) => `${bytes(series?.at(-1) ?? 0)}/s`;
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Traffic</h1>
      </div>
      <section class="card" aria-labelledby="throughput">
        <h2 id="throughput">The last ten minutes</h2>
        <p class="legend">
          <span class="key http">HTTP {rate(plotted?.http)}</span>
          <span class="key tftp">TFTP {rate(plotted?.tftp)}</span>
        </p>
        {plotted && <Plot throughput={plotted} />}
      </section>
      <section class="card" aria-labelledby="transfers">
        <h2 id="transfers">Under way</h2>
        {transfers.length === 0 && <p class="empty">No transfer is under way.</p>}
        {transfers.length > 0 && (
          <Table label="Transfers" columns={COLUMNS} rows={transfers} keyOf={(transfer) => transfer.id} />
        )}
      </section>
    </>
  );
}

function upTo(throughput: NonNullable<State["throughput"]>, now: number) {
  const until = Math.floor(now / throughput.step) * throughput.step;
  const behind = Math.floor((until - throughput.until) / throughput.step);
  // The daemon's clock may be another than ours: within a few seconds, the picture stands still.
  return behind <= 2
    ? throughput
    : joined(throughput, { ...throughput, until: until - 2000, tftp: [], http: [] });
}

const COLUMNS: readonly Column<Transfer>[] = [
  {
    heading: "For",
    isName: true,
    cell: ({ machine, client }) =>
      machine === null ? (
        <span class="mono">{client}</span>
      ) : (
        <a href={`#/machines/${encodeURIComponent(machine)}`}>{machine}</a>
      ),
  },
  { heading: "By", cell: ({ protocol }) => protocol.toUpperCase() },
  { heading: "How far", kind: "wide", cell: (transfer) => <TransferProgress transfer={transfer} /> },
];
