import { Refused } from "../api.ts";

/** What went wrong, and what to do about it; nothing where nothing did. */
export function Problem({ error }: { readonly error: unknown }) {
  if (error === undefined) return null;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{error instanceof Error ? sentence(error.message) : "Something went wrong."}</strong>
      </p>
      {error instanceof Refused && (
        <p>
          {error.hint} <code>{error.code}</code>
        </p>
      )}
    </div>
  );
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
