import type { State } from "../store.ts";

const CONNECTION = { connecting: "Connecting", live: "Live", lost: "Connection lost" } as const;

/** The top of every page: where one can go, and whether what is shown is live. */
export function Header({
  state,
  route,
  onLogOut,
}: {
  readonly state: State;
  readonly route: string;
  readonly onLogOut: () => void;
}) {
  const unknown = state.unknown?.length ?? 0;
  const pages = [
    { path: "/", label: "Machines", isHere: route === "/" || route.startsWith("/machines/") },
    { path: "/unknown", label: "Unknown", isHere: route === "/unknown", count: unknown },
    { path: "/leases", label: "Leases", isHere: route === "/leases" },
    { path: "/media", label: "Media", isHere: route === "/media" },
    { path: "/traffic", label: "Traffic", isHere: route === "/traffic" },
  ];
  return (
    <header class="top">
      <a class="brand" href="#/">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        Bootwire
      </a>
      <nav aria-label="Pages">
        <ul>
          {pages.map(({ path, label, isHere, count }) => (
            <li key={path}>
              <a href={`#${path}`} aria-current={isHere ? "page" : undefined}>
                {label}
                {count ? (
                  <span class="count">
                    {count}
                    <span class="unseen"> waiting</span>
                  </span>
                ) : null}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <span class={`connection ${state.connection}`}>{CONNECTION[state.connection]}</span>
      <button type="button" class="quiet log-out" onClick={onLogOut}>
        Log out
      </button>
    </header>
  );
}
