/** Something that an index lists. */
export interface IndexEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
}

/**
 * A page with a link to everything in a folder, as web servers make them: people look at it, and installers that search
 * for packages read it.
 */
export function folderIndex(path: string, entries: readonly IndexEntry[]): string {
  const title = `Index of /${escapeHtml(path)}`;
  const rows = entries
    .filter(({ kind }) => kind !== "other")
    .map((entry) => {
      const name = entry.kind === "directory" ? `${entry.name}/` : entry.name;
      // "./": a name with a colon is no scheme.
      const link = `./${encodeURIComponent(entry.name)}${entry.kind === "directory" ? "/" : ""}`;
      const size = entry.kind === "file" ? ` ${entry.size}` : "";
      return `<a href="${escapeHtml(link)}">${escapeHtml(name)}</a>${size}\n`;
    })
    .sort();
  return `<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>${title}</title></head><body>
<h1>${title}</h1>
<pre>
<a href="../">../</a>
${rows.join("")}</pre>
</body></html>
`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
