import type { ApiLeases } from "../../api-types.ts";
import { useAnswer, useNow } from "../hooks.ts";
import { Ago } from "../parts/moment.tsx";
import { Problem } from "../parts/problem.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { State } from "../store.ts";

type Lease = ApiLeases["leases"][number];

/** The addresses that were given. */
export function LeasesPage({ state }: { readonly state: State }) {
  const now = useNow(10_000);
  const answer = useAnswer<ApiLeases>("/leases", state.versions.leases + state.versions.config);
  const leases = answer.value?.leases ?? [];
  const columns: readonly Column<Lease>[] = [
    { heading: "Address", isName: true, cell: ({ address }) => <span class="mono">{address}</span> },
    { heading: "State", cell: (lease) => <span class={`lease ${lease.state}`}>{lease.state}</span> },
    {
      heading: "Machine",
      cell: ({ machine, hostName }) =>
        machine === null ? (
          (hostName ?? <span class="muted none">–</span>)
        ) : (
          <a href={`#/machines/${encodeURIComponent(machine)}`}>{machine}</a>
        ),
    },
    { heading: "MAC", cell: ({ mac }) => <span class="mono">{mac}</span> },
    { heading: "Expires", cell: ({ expiresAt }) => <Ago at={expiresAt} now={now} /> },
    { heading: "Changed", cell: ({ updatedAt }) => <Ago at={updatedAt} now={now} /> },
  ];
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Leases</h1>
      </div>
      <Problem error={answer.error} />
      {answer.value && leases.length === 0 && (
        <p class="empty">No address was given. With ProxyDHCP, another server gives them.</p>
      )}
      {leases.length > 0 && (
        <Table label="Leases" columns={columns} rows={leases} keyOf={(lease) => lease.address} />
      )}
      {answer.value && answer.value.total > leases.length && (
        <p class="muted">
          The first {leases.length} of {answer.value.total}.
        </p>
      )}
    </>
  );
}
