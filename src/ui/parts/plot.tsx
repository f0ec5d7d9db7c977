import { bytes } from "../format.ts";
import type { Throughput } from "../store.ts";

const WIDTH = 600;
const HEIGHT = 160;

/** Bytes a second over time, HTTP on top of TFTP. */
export function Plot({ throughput }: { readonly throughput: Throughput }) {
  const { tftp, http, step } = throughput;
  const perSecond = 1000 / step;
  const total = http.map((value, at) => (value + (tftp[at] ?? 0)) * perSecond);
  const peak = Math.max(...total, 0);
  const top = niceTop(peak);
  const x = (at: number) => (at / Math.max(1, total.length - 1)) * WIDTH;
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  const area = (values: readonly number[]) =>
    `M0 ${HEIGHT}${values.map((value, at) => `L${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("")}L${WIDTH} ${HEIGHT}Z`;
  const sum = (values: readonly number[]) => bytes(values.reduce((all, value) => all + value, 0));
  const minutes = Math.round((total.length * step) / 60_000);
  return (
    <figure class="plot">
      <div class="scale" aria-hidden="true">
        <span>{bytes(top)}/s</span>
        <span>{bytes(top / 2)}/s</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Throughput of the last ${minutes} minutes: ${sum(http)} by HTTP, ${sum(tftp)} by TFTP, at most ${bytes(peak)} a second`}
      >
        <path class="grid" d={`M0 ${HEIGHT / 2}H${WIDTH}M0 0.5H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
        <path class="http" d={area(total)} />
        <path class="tftp" d={area(tftp.map((value) => value * perSecond))} />
      </svg>
      <figcaption aria-hidden="true">
        <span>{minutes} min ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

/** A round number of at least `peak`: 1, 2 or 5 of a power of two thousand and such. */
function niceTop(peak: number): number {
  let top = 1024;
  for (const factor of cycle()) {
    if (top >= peak) return top;
    top *= factor;
  }
  return top;
}

function* cycle(): Generator<number> {
  for (;;) {
    yield 2;
    yield 2.5;
    yield 2;
    yield 1.024;
  }
}
