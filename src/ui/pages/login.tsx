import { useId, useState } from "preact/hooks";
import type { Live } from "../live.ts";
import { Problem } from "../parts/problem.tsx";

export function LoginPage({ live }: { readonly live: Live }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await live.logIn(token);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form onSubmit={(event) => void submit(event)}>
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1 tabIndex={-1}>Log in to Bootwire</h1>
        <label for={id}>Token</label>
        <input
          id={id}
          type="password"
          autocomplete="current-password"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p class="muted">
          The daemon made it at its first start: it is in the file <code>admin-token</code> of the state
          folder.
        </p>
        <Problem error={problem} />
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
}
