import type { ApiMedia } from "../../api-types.ts";
import { bytes } from "../format.ts";
import { useAnswer, useNow } from "../hooks.ts";
import { Ago } from "../parts/moment.tsx";
import { Problem } from "../parts/problem.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { State } from "../store.ts";

type File = ApiMedia["files"][number];

/** The files of the media folder. */
export function MediaPage({ state }: { readonly state: State }) {
  const now = useNow(10_000);
  const answer = useAnswer<ApiMedia>("/media", state.versions.config);
  const media = answer.value;
  const columns: readonly Column<File>[] = [
    { heading: "File", isName: true, cell: ({ path }) => <span class="mono">{path}</span> },
    { heading: "Size", kind: "number", cell: ({ size }) => bytes(size) },
    { heading: "Changed", cell: ({ modifiedAt }) => <Ago at={modifiedAt} now={now} /> },
    {
      heading: "Needed by",
      kind: "wide",
      cell: ({ profiles }) =>
        profiles.length > 0 ? profiles.join(", ") : <span class="muted">no profile</span>,
    },
  ];
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Media</h1>
      </div>
      {media && (
        <p class="lead">
          In <code>{media.folder}</code>, from where machines fetch them.
        </p>
      )}
      <Problem error={answer.error} />
      {media && media.missing.length > 0 && (
        <div class="banner warn">
          <p>
            <strong>Profiles need what is not there:</strong>
          </p>
          <ul>
            {media.missing.map(({ path, profiles }) => (
              <li key={path}>
                <code>{path}</code> for {profiles.join(", ")}
              </li>
            ))}
          </ul>
        </div>
      )}
      {media && media.files.length === 0 && <p class="empty">There are no files yet.</p>}
      {media && media.files.length > 0 && (
        <Table label="Media" columns={columns} rows={media.files} keyOf={(file) => file.path} />
      )}
      {media?.isCut && <p class="muted">There are more files than are listed here.</p>}
    </>
  );
}
