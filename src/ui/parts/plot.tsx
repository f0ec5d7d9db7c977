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

/** A round number of at least `peak`: 1, 2, 5, 10 … of the unit that it is shown in. */
function niceTop(peak: number): number {
  let unit = 1024;
  while (peak / unit > 1000) unit *= 1024;
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  return unit * (steps.find((step) => step * unit >= peak) ?? 1000);
}
