import { useEffect, useRef } from "preact/hooks";
import { useRoute, useStore } from "./hooks.ts";
import type { Live } from "./live.ts";
import { LeasesPage } from "./pages/leases.tsx";
import { LoginPage } from "./pages/login.tsx";
import { MachinePage } from "./pages/machine.tsx";
import { MachinesPage } from "./pages/machines.tsx";
import { MediaPage } from "./pages/media.tsx";
import { TrafficPage } from "./pages/traffic.tsx";
import { UnknownPage } from "./pages/unknown.tsx";
import { Banners } from "./parts/banners.tsx";
import { Header } from "./parts/header.tsx";
import type { State, Store } from "./store.ts";

export interface AppProps {
  readonly store: Store;
  readonly live: Live;
}

/** The dashboard: one page at a time, named by what stands behind `#` in the address. */
export function App({ store, live }: AppProps) {
  const state = useStore(store);
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    const heading = main.current?.querySelector("h1");
    if (heading) document.title = `${heading.textContent} · Bootwire`;
    // Whoever uses the keyboard or listens begins at the new page's heading, not where the old one was left.
    if (!isFirst.current) heading?.focus();
    isFirst.current = false;
    window.scrollTo(0, 0);
  }, [route, state.session]);

  if (state.session === "checking") return <p class="starting">Asking the daemon…</p>;
  if (state.session === "out") return <LoginPage live={live} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Header state={state} route={route} onLogOut={() => void live.logOut()} />
      <Banners state={state} />
      <main id="main" ref={main} tabIndex={-1}>
        {page(route, state, store)}
      </main>
      <p class="unseen" role="status" aria-live="polite">
        {state.announcement}
      </p>
    </>
  );
}

function page(route: string, state: State, store: Store) {
  const machine = /^\/machines\/(.+)$/.exec(route)?.[1];
  if (machine !== undefined) {
    const name = decodeURIComponent(machine);
    return <MachinePage key={name} name={name} state={state} store={store} />;
  }
  switch (route) {
    case "/unknown":
      return <UnknownPage state={state} />;
    case "/leases":
      return <LeasesPage state={state} />;
    case "/media":
      return <MediaPage state={state} />;
    case "/traffic":
      return <TrafficPage state={state} />;
    default:
      return <MachinesPage state={state} />;
  }
}
