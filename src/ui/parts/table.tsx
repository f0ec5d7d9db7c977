import type { ComponentChildren } from "preact";

/** A table's cells under their headings. On a phone a row becomes a card, where each cell carries its heading. */
export interface Column<T> {
  readonly heading: string;
  readonly cell: (row: T) => ComponentChildren;
  /** The one that names the row. */
  readonly isName?: boolean;
  readonly kind?: "wide" | "number";
}

/** The roles are written out: they are lost where a row is shown as a card. */
export function Table<T>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
}) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    // biome-ignore-start lint/a11y/useSemanticElements: see above
    <table role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ heading, kind }) => (
            <th key={heading} role="columnheader" scope="col" class={kind}>
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map(({ heading, cell, isName, kind }) =>
              isName ? (
                <th key={heading} role="rowheader" scope="row">
                  {cell(row)}
                </th>
              ) : (
                <td key={heading} role="cell" class={kind} data-heading={heading}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/useSemanticElements: see above
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}
