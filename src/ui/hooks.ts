import { useEffect, useState } from "preact/hooks";
import { get } from "./api.ts";
import type { State, Store } from "./store.ts";

/** The store's state; the component is drawn again, at most once a frame, when it changes. */
export function useStore(store: Store): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    let frame: number | undefined;
    const draw = () => {
      frame = undefined;
      setState(store.state);
    };
    draw();
    const unsubscribe = store.subscribe(() => {
      frame ??= requestAnimationFrame(draw);
    });
    return () => {
      unsubscribe();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [store]);
  return state;
}

/** What a page shows beside the store: asked for when the page opens, and again whenever `version` changes. */
export function useAnswer<T>(path: string | undefined, version: number): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path?: string }>({});
  useEffect(() => {
    if (path === undefined) return;
    let isCurrent = true;
    const take = (next: Answer<T>) => {
      if (isCurrent) setAnswer((old) => ({ ...(old.path === path && { value: old.value }), ...next, path }));
    };
    get<T>(path).then(
      (value) => take({ value, error: undefined }),
      (error: unknown) => take({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [path, version]);
  return answer.path === path ? answer : {};
}

export interface Answer<T> {
  readonly value?: T | undefined;
  readonly error?: Error | undefined;
}

/** The time, in milliseconds, as often as `every` milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), every);
    return () => window.clearInterval(timer);
  }, [every]);
  return now;
}

/** The part of the address behind `#`. */
export function useRoute(): string {
  const [route, setRoute] = useState(location.hash.slice(1) || "/");
  useEffect(() => {
    const onChange = () => setRoute(location.hash.slice(1) || "/");
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return route;
}
