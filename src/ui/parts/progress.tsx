import type { ApiMachine } from "../../api-types.ts";
import { bytes } from "../format.ts";
import type { Transfer } from "../store.ts";

/** How far something is. `percent` undefined: nobody knows, but it goes on. */
export function Progress({
  label,
  percent,
  what,
  detail,
}: {
  readonly label: string;
  readonly percent: number | undefined;
  readonly what: string;
  readonly detail: string;
}) {
  return (
    <div class="progress">
      <span class="what">{what}</span>
      <span class="detail">{detail}</span>
      <progress aria-label={label} max="100" value={percent} />
    </div>
  );
}

/** How far a machine's install is, by its installer's own word. */
export function InstallProgress({ machine }: { readonly machine: ApiMachine }) {
  const { attempt, name } = machine;
  if (attempt?.phase === "finishing") {
    return (
      <Progress
        label={`Install of ${name}`}
        percent={100}
        what="Installed"
        detail="waiting for the system to call home"
      />
    );
  }
  if (attempt?.phase !== "running") return null;
  const { percent } = attempt;
  return (
    <Progress
      label={`Install of ${name}`}
      percent={percent ?? undefined}
      what="Install"
      detail={percent === null ? "begun" : `${percent} %`}
    />
  );
}

export function TransferProgress({ transfer }: { readonly transfer: Transfer }) {
  const { path, size, protocol } = transfer;
  const file = path.split("/").at(-1) ?? path;
  return (
    <Progress
      label={`${path} over ${protocol.toUpperCase()}`}
      percent={size > 0 ? Math.min(100, (transfer.bytes / size) * 100) : undefined}
      what={file}
      detail={`${bytes(transfer.bytes)} of ${bytes(size)}`}
    />
  );
}
