import { createHash } from "node:crypto";
import { encrypt } from "unixcrypt";

/** Makes a crypt(3) hash of a plain password. The same user and password give the same hash again. */
export type PasswordHasher = (user: string, password: string) => string;

/**
 * SHA-512 crypt with random salts. Each hash is kept as long as the hasher lives: a config that is read again renders
 * the same answers, and hashing, which is slow on purpose, is done once. Passwords themselves are not kept.
 */
export function createPasswordHasher(): PasswordHasher {
  const known = new Map<string, string>();
  return (user, password) => {
    const key = createHash("sha512").update(`${user}\0${password}`).digest("base64");
    const before = known.get(key);
    if (before !== undefined) return before;
    const hash = encrypt(password);
    known.set(key, hash);
    return hash;
  };
}
