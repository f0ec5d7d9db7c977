import { createHash } from "node:crypto";
import type { ExplainedBytes } from "../api/explain.ts";

/** A step of which nothing is known yet. */
export const EMPTY: {
  readonly file: null;
  readonly details: string[];
  readonly text: null;
  readonly bytes: null;
} = { file: null, details: [], text: null, bytes: null };

export function bytesOf(content: Buffer, hex: boolean): ExplainedBytes {
  return {
    size: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    hex: hex ? content.toString("hex") : null,
  };
}
