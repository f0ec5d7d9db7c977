import { useEffect, useState } from "preact/hooks";
import type { ApiEvent, ApiEvents, ApiMachine } from "../../api-types.ts";
import { get } from "../api.ts";
import { day, time } from "../format.ts";
import { Problem } from "../parts/problem.tsx";
import type { Store } from "../store.ts";

/** Events that are asked for at a time, and kept of those that come while one looks. */
const PAGE = 100;
const KEPT = 2000;

/** What happened to a machine, the newest first. */
export function Timeline({
  machine,
  store,
  version,
}: {
  readonly machine: ApiMachine;
  readonly store: Store;
  readonly version: number;
}) {
  const { name, mac } = machine;
  const [events, setEvents] = useState<readonly ApiEvent[]>();
  const [hasMore, setMore] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  useEffect(() => {
    let isCurrent = true;
    // What happens while the answer is on its way is in neither or in both: joined by id, it is there once.
    const early: ApiEvent[] = [];
    const stop = store.onEvent((event) => {
      if (event.machine !== name && event.mac !== mac) return;
      early.push(event);
      setEvents((known) => known && merged(known, [event]).slice(-KEPT));
    });
    page(name).then(
      (found) => {
        if (!isCurrent) return;
        setMore(found.length === PAGE);
        setEvents(merged(found, early));
        setProblem(undefined);
      },
      (error: unknown) => isCurrent && setProblem(error),
    );
    return () => {
      isCurrent = false;
      stop();
    };
  }, [name, mac, version]);

  const earlier = async () => {
    try {
      const found = await page(name, events?.[0]?.id);
      setMore(found.length === PAGE);
      setEvents((known) => merged(found, known ?? []));
    } catch (error) {
      setProblem(error);
    }
  };

  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <Problem error={problem} />
      {events?.length === 0 && <p class="empty">Nothing has happened yet. Boot it from the network.</p>}
      {byDay(events ?? []).map(([date, ofDay]) => (
        <div key={date}>
          <h3 class="day">{date}</h3>
          <ol class="timeline" reversed>
            {ofDay.map((event) => (
              <li key={event.id} class={toneOf(event.kind)}>
                <time dateTime={new Date(event.at).toISOString()}>{time(event.at)}</time>
                <span class="kind">{event.kind}</span>
                <span class="text">{event.text}</span>
              </li>
            ))}
          </ol>
        </div>
      ))}
      {hasMore && (
        <button type="button" onClick={() => void earlier()}>
          Earlier events
        </button>
      )}
    </section>
  );
}

async function page(machine: string, before?: number): Promise<readonly ApiEvent[]> {
  const query = new URLSearchParams({ machine, limit: String(PAGE) });
  if (before !== undefined) query.set("before", String(before));
  return (await get<ApiEvents>(`/events?${query}`)).events;
}

/** Two runs of events as one, by id, the oldest first. */
function merged(a: readonly ApiEvent[], b: readonly ApiEvent[]): readonly ApiEvent[] {
  const byId = new Map([...a, ...b].map((event) => [event.id, event]));
  return [...byId.values()].toSorted((x, y) => x.id - y.id);
}

/** The newest day first, and in it the newest event. */
function byDay(events: readonly ApiEvent[]): readonly (readonly [string, readonly ApiEvent[]])[] {
  const days = new Map<string, ApiEvent[]>();
  for (const event of events.toReversed()) {
    const date = day(event.at);
    const known = days.get(date);
    if (known) known.push(event);
    else days.set(date, [event]);
  }
  return [...days];
}

/** What went wrong, what is done, what is under way; the words say it too. */
function toneOf(kind: string): string {
  if (/failed|refused|error|guarded|hold|conflict|exhausted|malformed|\.stalled/.test(kind)) return "bad";
  if (/\.(?:done|booted|closed|resumed)$/.test(kind)) return "good";
  return kind.startsWith("attempt.") || kind.startsWith("machine.") ? "active" : "plain";
}
