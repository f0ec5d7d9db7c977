/*
 * Careful access to data of which nothing is known yet. What has the wrong shape is simply not there: the schema
 * reports it, and other checks go on with the rest.
 */

export type RawMap = Readonly<Record<string, unknown>>;

export function isRawMap(value: unknown): value is RawMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of keys and indices. */
export function rawAt(data: unknown, path: readonly (string | number)[]): unknown {
  let value = data;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === "number") value = value[step];
    else if (isRawMap(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

export function rawList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
