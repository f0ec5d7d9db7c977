/** Prometheus' text format, as far as tests look into it. */
export interface MetricsText {
  /** Type by name, as declared. */
  readonly types: ReadonlyMap<string, string>;
  /** Value by sample, labels and all, as written: `x_total{outcome="ok"}`. */
  readonly samples: ReadonlyMap<string, number>;
  /** Every name that a query may use. */
  readonly names: ReadonlySet<string>;
}

/** Reads what `/metrics` says. Throws on a line that is neither comment nor sample. */
export function readMetrics(text: string): MetricsText {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type?.[1] && type[2]) types.set(type[1], type[2]);
    if (line === "" || line.startsWith("#")) continue;
    const sample = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line);
    if (!sample?.[1]) throw new Error(`not a sample: ${line}`);
    samples.set(sample[1], Number(sample[2]));
  }
  const names = new Set<string>();
  for (const [name, type] of types) {
    if (type === "histogram") for (const end of ["bucket", "sum", "count"]) names.add(`${name}_${end}`);
    else names.add(name);
  }
  return { types, samples, names };
}

/** The names of metrics that a query in PromQL uses; ours and those of the process. */
export function namesInQuery(query: string): string[] {
  return [...query.replaceAll(/\{[^}]*\}/g, "").matchAll(/\b(?:bootwire|process|nodejs)_\w+/g)].map(
    ([name]) => name,
  );
}

/** Everything in a Grafana dashboard that is a query. */
export function queriesOf(dashboard: unknown): string[] {
  if (typeof dashboard !== "object" || dashboard === null) return [];
  return Object.entries(dashboard).flatMap(([key, value]) =>
    (key === "expr" || key === "query") && typeof value === "string" ? [value] : queriesOf(value),
  );
}
