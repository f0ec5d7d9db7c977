import { createHash } from "node:crypto";
import type { HostConfig } from "../config/model.ts";
import type { Basis, BasisRef } from "../machines/model.ts";
import { Templates } from "../templates/templates.ts";
import { decodeHost, encodeHost } from "./host-text.ts";

/** What a machine is served from: its own part of a configuration, and the templates that went with it. */
export interface Subject {
  readonly host: HostConfig;
  readonly templates: Templates;
}

export interface BasisBookParts {
  /** What an attempt was stored with, by digest. */
  readonly read: (digest: string) => string | undefined;
  /** The running program's version. */
  readonly release: string;
}

/** Hosts and template sets to remember, as they were read. A set has every template compiled, so there are few. */
const HOSTS = 1000;
const SETS = 8;

/**
 * Puts what an attempt is served from into a form that can be kept with it, and finds it again, also in another run of the
 * daemon: a config that changes in the middle of an install changes the next install.
 */
export class BasisBook {
  readonly #parts: BasisBookParts;
  readonly #hosts = new Map<string, HostConfig>();
  readonly #sets = new Map<string, Templates>();
  /** The set that was written last, which is that of all attempts until the templates change. */
  #written: { readonly templates: Templates; readonly digest: string; readonly text: string } | undefined;

  constructor(parts: BasisBookParts) {
    this.#parts = parts;
  }

  basisOf({ host, templates }: Subject): Basis {
    const hostText = encodeHost(host, this.#parts.release);
    const set = this.#writeSet(templates);
    const ref: BasisRef = { host: digestOf(hostText), templates: set.digest };
    remember(this.#hosts, ref.host, host, HOSTS);
    remember(this.#sets, ref.templates, templates, SETS);
    return {
      ref,
      texts: new Map([
        [ref.host, hostText],
        [ref.templates, set.text],
      ]),
    };
  }

  /** `undefined`: it is not there any more, or another release of the program wrote it. */
  subjectOf(ref: BasisRef): Subject | undefined {
    const host = this.#hosts.get(ref.host) ?? this.#readHost(ref.host);
    const templates = this.#sets.get(ref.templates) ?? this.#readSet(ref.templates);
    if (!host || !templates) return undefined;
    remember(this.#hosts, ref.host, host, HOSTS);
    remember(this.#sets, ref.templates, templates, SETS);
    return { host, templates };
  }

  #readHost(digest: string): HostConfig | undefined {
    const text = this.#parts.read(digest);
    return text === undefined ? undefined : decodeHost(text, this.#parts.release);
  }

  #readSet(digest: string): Templates | undefined {
    const text = this.#parts.read(digest);
    return text === undefined ? undefined : Templates.fromText(text);
  }

  #writeSet(templates: Templates): { readonly digest: string; readonly text: string } {
    if (this.#written?.templates !== templates) {
      const text = templates.toText();
      this.#written = { templates, digest: digestOf(text), text };
    }
    return this.#written;
  }
}

/** The oldest entries go first. */
function remember<V>(into: Map<string, V>, key: string, value: V, limit: number): void {
  into.delete(key);
  into.set(key, value);
  for (const oldest of into.keys()) {
    if (into.size <= limit) break;
    into.delete(oldest);
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
