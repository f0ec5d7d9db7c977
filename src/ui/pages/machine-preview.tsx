import { useState } from "preact/hooks";
import type { ApiMachine, ApiPreview } from "../../api-types.ts";
import { useAnswer } from "../hooks.ts";
import { Listing } from "../parts/listing.tsx";
import { Problem } from "../parts/problem.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { FIRMWARE } from "./machines.tsx";

type File = ApiPreview["files"][number];
type Step = ApiPreview["steps"][number];

/** Exactly what a machine would be served now. */
export function Preview({ machine, version }: { readonly machine: ApiMachine; readonly version: number }) {
  const [isOpen, setOpen] = useState(false);
  const [firmware, setFirmware] = useState<"bios" | "uefi">(machine.firmware ?? "bios");
  const path = `/machines/${encodeURIComponent(machine.name)}/preview?firmware=${firmware}`;
  // What it would get depends on where it is in its life.
  const age = version * 1000 + machine.state.length + (machine.attempt?.boots ?? 0);
  const answer = useAnswer<ApiPreview>(isOpen ? path : undefined, age);
  return (
    <section class="card" aria-labelledby="preview">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2 id="preview">What it would be served now</h2>
        </summary>
        <fieldset class="choice">
          <legend>Firmware</legend>
          {(["bios", "uefi"] as const).map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="firmware"
                checked={firmware === one}
                onChange={() => setFirmware(one)}
              />
              {FIRMWARE[one]}
            </label>
          ))}
        </fieldset>
        <Problem error={answer.error} />
        {answer.value && (
          <>
            <h3>What DHCP answers</h3>
            <Table
              label="What DHCP answers"
              columns={STEPS}
              rows={answer.value.steps}
              keyOf={(step) => `${step.firmware}/${step.runs}`}
            />
            <h3>Boot scripts, by loader</h3>
            <Files files={answer.value.files.filter((file) => file.kind === "script")} />
            <h3>Answers to the installer</h3>
            <p class="muted">Tokens, password hashes and variables that look secret are masked.</p>
            <Files files={answer.value.files.filter((file) => file.kind === "answer")} />
          </>
        )}
      </details>
    </section>
  );
}

const STEPS: readonly Column<Step>[] = [
  {
    heading: "Who asks",
    isName: true,
    cell: ({ runs }) => (runs === "ipxe" ? "iPXE, once it runs" : "the firmware"),
  },
  {
    heading: "Boot file",
    cell: ({ outcome, file }) =>
      file === null ? <span class="muted">{OUTCOME[outcome]}</span> : <code>{file}</code>,
  },
  { heading: "Why", kind: "wide", cell: ({ reason }) => reason },
];

const OUTCOME = { boot: "", none: "none, an address only", silent: "no answer at all" } as const;

function Files({ files }: { readonly files: readonly File[] }) {
  if (files.length === 0) return <p class="muted">None.</p>;
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={`${file.name}/${file.loader}`}>
          <details>
            <summary>
              <code>{file.name}</code>
              {file.loader && <span class="muted"> for {file.loader}</span>}
              {file.problem && <span class="failure"> cannot be rendered</span>}
            </summary>
            {file.problem ? (
              <p class="failure">{file.problem}</p>
            ) : (
              <Listing label={file.name} text={file.body} />
            )}
          </details>
        </li>
      ))}
    </ul>
  );
}
