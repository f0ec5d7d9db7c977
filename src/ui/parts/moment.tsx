import { moment, relative } from "../format.ts";

/** How long ago something was; the exact time on a closer look. */
export function Ago({
  at,
  now,
  never = "never",
}: {
  readonly at: number | null;
  readonly now: number;
  readonly never?: string;
}) {
  if (at === null) return <span class="muted">{never}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {relative(at, now)}
    </time>
  );
}
