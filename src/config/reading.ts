import type { ConfigCode } from "./codes.ts";

/** Why a piece of text was not understood, and what to write instead. */
export interface Fault {
  readonly code: ConfigCode;
  readonly message: string;
  readonly hint: string;
}

/** What came of reading a piece of text. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function fault(
  code: ConfigCode,
  message: string,
  hint: string,
): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { code, message, hint } };
}
