import { useId, useRef, useState } from "preact/hooks";

/** A text to take along. */
export function Copyable({ label, text }: { readonly label: string; readonly text: string }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      // Browsers keep the clipboard from pages that came without TLS.
      area.current?.select();
      setSaid("Selected: copy it with Ctrl+C.");
    }
  };
  return (
    <div class="copyable">
      <label for={id}>{label}</label>
      <textarea id={id} ref={area} readOnly rows={text.trimEnd().split("\n").length + 1} value={text} />
      <div class="actions start">
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span role="status">{said}</span>
      </div>
    </div>
  );
}
