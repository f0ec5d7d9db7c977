import type { HostConfig } from "../config/model.ts";
import { parseMac } from "../net/mac.ts";

/**
 * A resolved host as text, to be kept with an attempt: JSON, with what JSON does not know (maps, octets) in objects of one
 * `$…` key. The same host gives the same text. `release`: the program that writes it, since the form of a host belongs to
 * a release.
 */
export function encodeHost(host: HostConfig, release: string): string {
  return JSON.stringify({ release, host: tagged(host) });
}

/** Reads what `encodeHost` wrote; `undefined` when another release wrote it, or when it is no host. */
export function decodeHost(text: string, release: string): HostConfig | undefined {
  const kept: unknown = JSON.parse(text);
  if (!isObject(kept) || kept["release"] !== release) return undefined;
  const host = untagged(kept["host"]);
  return isHost(host) ? host : undefined;
}

/** What tells a host; the release vouches for the rest. */
function isHost(value: unknown): value is HostConfig {
  if (!isObject(value) || typeof value["name"] !== "string" || typeof value["mac"] !== "string") return false;
  const { profile, options, mac } = value;
  if (parseMac(mac) !== mac || !(options instanceof Map)) return false;
  if (profile === undefined) return true;
  return (
    isObject(profile) &&
    typeof profile["name"] === "string" &&
    typeof profile["installer"] === "string" &&
    isObject(profile["system"]) &&
    isObject(profile["attempts"])
  );
}

function tagged(value: unknown): unknown {
  if (value === undefined || value === null || typeof value !== "object") return value;
  if (Buffer.isBuffer(value)) return { $octets: value.toString("base64") };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [tagged(key), tagged(item)]) };
  if (Array.isArray(value)) return value.map(tagged);
  const entries = Object.entries(value).map(([key, item]) => [key, tagged(item)] as const);
  // An admin's own variables may have a key that looks like a tag.
  return entries.some(([key]) => key.startsWith("$")) ? { $object: entries } : Object.fromEntries(entries);
}

function untagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagged);
  if (!isObject(value)) return value;
  const { $octets: octets, $map: map, $object: object } = value;
  if (typeof octets === "string") return Buffer.from(octets, "base64");
  if (Array.isArray(map)) return new Map(map.map(pair));
  const entries = Array.isArray(object)
    ? object.map(pair)
    : Object.entries(value).map(([key, item]) => [key, untagged(item)] as const);
  return Object.fromEntries(entries);
}

function pair(value: unknown): readonly [PropertyKey, unknown] {
  const [key, item]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (typeof key !== "string" && typeof key !== "number") throw new TypeError("not a kept host");
  return [key, untagged(item)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(value instanceof Map);
}
