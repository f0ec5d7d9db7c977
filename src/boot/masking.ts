import type { HostConfig } from "../config/model.ts";
import type { VarValue } from "../config/profile-base.ts";
import type { ProfileConfig } from "../config/profiles/registry.ts";

/** What stands where a secret was. The hash still has the form of one, so that templates take it. */
export const MASKED = "MASKED";
const MASKED_HASH = `$6$${MASKED}$${MASKED}`;

/** Names of settings and variables whose values are not for everybody. */
const SECRET_NAME = /pass|secret|token|credential|private|api_?key|licen[cs]e/i;
/** crypt(3) hashes: `$6$salt$hash`, `$y$j9T$salt$hash`, `$2b$10$hash`. */
const CRYPT_HASH = /\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9=,$]{20,}/g;
/** `http://user:password@proxy`. */
const URL_PASSWORD = /(:\/\/[^\s/:@]+:)[^\s/@]+@/g;
/** Shorter values would blank out half of a text. */
const SHORTEST = 4;

/** A host for people to look at: in whatever form its users and variables are rendered, there is no secret in them. */
export function maskedHost(host: HostConfig): HostConfig {
  return host.profile ? { ...host, profile: maskedProfile(host.profile) } : host;
}

/**
 * Takes secrets out of a text that was rendered for a host: the values of its settings that are secret by their names, and
 * hashes and passwords in URLs, though they were written into a template itself.
 */
export function maskerOf(host: HostConfig | undefined): (text: string) => string {
  const secrets = secretsIn(host?.profile, false).filter((one) => one.length >= SHORTEST && one !== MASKED);
  const forms = new Set(secrets.flatMap((one) => [one, JSON.stringify(one).slice(1, -1)]));
  // The longest first: one may be part of another.
  const values = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let masked = text;
    for (const value of values) masked = masked.replaceAll(value, MASKED);
    return masked.replaceAll(CRYPT_HASH, MASKED).replaceAll(URL_PASSWORD, `$1${MASKED}@`);
  };
}

function maskedProfile(profile: ProfileConfig): ProfileConfig {
  const { users, vars } = profile.system;
  const system = {
    ...profile.system,
    users: users.map((user) => ({
      ...user,
      passwordHash: user.passwordHash === undefined ? undefined : MASKED_HASH,
    })),
    vars: Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, maskedVar(name, value)])),
  };
  return { ...profile, system };
}

function maskedVar(name: string, value: VarValue): VarValue {
  if (SECRET_NAME.test(name)) return MASKED;
  if (isList(value)) return value.map((one) => maskedVar("", one));
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskedVar(key, one)]));
}

function isList(value: VarValue): value is readonly VarValue[] {
  return Array.isArray(value);
}

/** The values of all settings that are secret by their names, or below such a name. */
function secretsIn(value: unknown, isSecret: boolean): string[] {
  if (typeof value === "string" || typeof value === "number") return isSecret ? [String(value)] : [];
  if (typeof value !== "object" || value === null || value instanceof Map || Buffer.isBuffer(value))
    return [];
  if (Array.isArray(value)) return value.flatMap((one) => secretsIn(one, isSecret));
  return Object.entries(value).flatMap(([name, one]) => secretsIn(one, isSecret || SECRET_NAME.test(name)));
}
