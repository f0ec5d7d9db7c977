import type { HostConfig } from "../config/model.ts";
import type { VarValue } from "../config/profile-base.ts";
import type { ProfileConfig } from "../config/profiles/registry.ts";

/** What stands where a secret was. The hash still has the form of one, so that templates take it. */
export const MASKED = "MASKED";
const MASKED_HASH = `$6$${MASKED}$${MASKED}`;

/** Names of variables whose values are not shown. */
const SECRET_NAME = /pass|secret|token|credential|private|api_?key/i;
/** crypt(3) hashes: $6$salt$hash, $y$j9T$salt$hash, $2b$10$hash. */
const CRYPT_HASH = /\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9=,$]{20,}/g;

/** `http://user:password@proxy`. */
const URL_PASSWORD = /(:\/\/[^\s/:@]+:)[^\s/@]+@/g;

/** A host for people to look at: whatever is rendered of it, in whatever form, has none of its secrets. */
export function maskedHost(host: HostConfig): HostConfig {
  return host.profile ? { ...host, profile: maskedProfile(host.profile) } : host;
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

/** A rendered text without the hashes and passwords that stand in URLs or were written into a template itself. */
export function maskedText(text: string): string {
  return text.replaceAll(CRYPT_HASH, MASKED).replaceAll(URL_PASSWORD, `$1${MASKED}@`);
}
