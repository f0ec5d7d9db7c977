import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** How long a login lasts, in milliseconds. */
const LIFETIME = 7 * 24 * 60 * 60 * 1000;
/** Logouts that are remembered; each is forgotten when its session would have ended anyhow. */
const MAX_ENDED = 1000;

export interface SessionParts {
  /** The admin's token: whoever changes it ends every session. */
  readonly token: string;
  readonly now: () => number;
  /** At least 64 unguessable bits. */
  readonly id: () => string;
}

/**
 * Logins of browsers. A session is a signed note of when it ends, so a daemon that starts again knows it, and nothing
 * grows with the number of logins.
 */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #key: Buffer;
  readonly #token: Buffer;
  /** Sessions that were ended before their time, with that time. */
  readonly #ended = new Map<string, number>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#key = createHash("sha256").update(`session\0${parts.token}`).digest();
    this.#token = digest(parts.token);
  }

  /** Whether this is the admin's token. Digests have one length, so the comparison tells nothing of how much was right. */
  isToken(token: string): boolean {
    return timingSafeEqual(digest(token), this.#token);
  }

  open(): { readonly value: string; readonly expiresAt: number } {
    const expiresAt = this.#parts.now() + LIFETIME;
    const note = `${this.#parts.id()}.${expiresAt}`;
    return { value: `${note}.${this.#sign(note)}`, expiresAt };
  }

  /** Whether a session is genuine and goes on. */
  isOpen(value: string): boolean {
    const session = this.#read(value);
    return session !== undefined && session.expiresAt > this.#parts.now() && !this.#ended.has(session.id);
  }

  close(value: string): void {
    const session = this.#read(value);
    if (!session) return;
    const now = this.#parts.now();
    for (const [id, expiresAt] of this.#ended) if (expiresAt <= now) this.#ended.delete(id);
    for (const id of this.#ended.keys()) {
      if (this.#ended.size < MAX_ENDED) break;
      this.#ended.delete(id);
    }
    this.#ended.set(session.id, session.expiresAt);
  }

  #read(value: string): { readonly id: string; readonly expiresAt: number } | undefined {
    const [id, expiresAt, signature] = value.split(".");
    if (id === undefined || expiresAt === undefined || signature === undefined) return undefined;
    const expected = this.#sign(`${id}.${expiresAt}`);
    if (!timingSafeEqual(digest(signature), digest(expected))) return undefined;
    return { id, expiresAt: Number(expiresAt) };
  }

  #sign(note: string): string {
    return createHmac("sha256", this.#key).update(note).digest("base64url");
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Wrong tokens that one address may send in a while, and all addresses together. */
const MAX_PER_ADDRESS = 5;
const MAX_TOGETHER = 50;
const WHILE = 60_000;

/** Counts wrong logins: the token cannot be guessed, and nobody is to spend our time with trying. */
export class LoginLimit {
  readonly #now: () => number;
  #windowEnds = 0;
  #together = 0;
  #byAddress = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds to wait before the next try; 0: go on. */
  wait(address: string): number {
    const left = this.#windowEnds - this.#now();
    if (left <= 0) return 0;
    const isTooMuch =
      this.#together >= MAX_TOGETHER || (this.#byAddress.get(address) ?? 0) >= MAX_PER_ADDRESS;
    return isTooMuch ? Math.ceil(left / 1000) : 0;
  }

  failed(address: string): void {
    const now = this.#now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WHILE;
      this.#together = 0;
      this.#byAddress = new Map();
    }
    this.#together += 1;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
  }
}
