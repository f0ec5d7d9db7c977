import type { HostConfig } from "../config/model.ts";
import type { Attempt } from "../machines/model.ts";

/** crypt(3) hashes: `$6$salt$hash`, `$y$j9T$salt$hash`, `$2b$10$hash`. */
const CRYPT_HASH = /\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9=,$]{8,}/g;
/** Names of settings and variables whose values are not for everybody. */
const SECRET_NAME = /pass(?:word|phrase)?|secret|token|credential|private|api_?key|licen[cs]e/i;
/** Shorter values would blank out half of a text. */
const SHORTEST = 4;

/** Takes secrets out of a text that is for people's eyes: the attempt's token, hashes of passwords, secret variables. */
export function maskerOf(
  host: HostConfig | undefined,
  attempt: Attempt | undefined,
): (text: string) => string {
  const secrets = host === undefined ? [] : secretsIn(host.profile, false);
  // The longest first: one may be part of another.
  const values = [...new Set(secrets)].filter((one) => one.length >= SHORTEST);
  values.sort((a, b) => b.length - a.length);
  return (text) => {
    let masked = attempt ? text.replaceAll(attempt.token, "TOKEN") : text;
    for (const value of values) {
      for (const form of new Set([value, JSON.stringify(value).slice(1, -1)])) {
        masked = masked.replaceAll(form, "MASKED");
      }
    }
    return masked.replaceAll(CRYPT_HASH, "MASKED");
  };
}

function secretsIn(value: unknown, isSecret: boolean): string[] {
  if (typeof value === "string") return isSecret ? [value] : [];
  if (typeof value === "number") return isSecret ? [String(value)] : [];
  if (typeof value !== "object" || value === null || value instanceof Map || Buffer.isBuffer(value))
    return [];
  if (Array.isArray(value)) return value.flatMap((one) => secretsIn(one, isSecret));
  return Object.entries(value).flatMap(([name, one]) => secretsIn(one, isSecret || SECRET_NAME.test(name)));
}
