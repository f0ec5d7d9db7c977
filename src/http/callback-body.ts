import { z } from "zod";

/** What an installer said. Every part is optional: a bare POST is a callback too. */
export interface CallbackBody {
  readonly percent: number | undefined;
  readonly text: string | undefined;
  readonly reason: string | undefined;
  readonly log: string | undefined;
  /** Everything that came as fields, for reports. */
  readonly fields: Readonly<Record<string, string>>;
}

const OBJECT = z.record(z.string(), z.unknown());

/**
 * Reads a callback's body, whatever installers call it: JSON (with or without its content type), form fields
 * (`percent=40&text=…`), or plain text, which is taken as the log.
 */
export function parseCallbackBody(body: Buffer | undefined, contentType: string | undefined): CallbackBody {
  const text = body?.toString("utf8") ?? "";
  const fields = asJson(text) ?? asForm(text, contentType);
  if (!fields)
    return { percent: undefined, text: undefined, reason: undefined, log: text || undefined, fields: {} };
  const percent = Number(fields["percent"]);
  return {
    percent: fields["percent"] !== undefined && Number.isFinite(percent) ? clamp(percent) : undefined,
    text: fields["text"],
    reason: fields["reason"],
    log: fields["log"],
    fields,
  };
}

/** What an installed system reports of itself: how it is called, and whom it knows. */
export function reportOf({ fields }: CallbackBody): {
  readonly hostname: string | undefined;
  readonly users: readonly string[];
} {
  const users = (fields["users"] ?? "").split(/[\s,]+/).filter((word) => word !== "");
  return { hostname: fields["hostname"], users };
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}

function asJson(text: string): Record<string, string> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const parsed = OBJECT.safeParse(JSON.parse(text));
    return parsed.success ? stringFields(parsed.data) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function stringFields(object: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

function asForm(text: string, contentType: string | undefined): Record<string, string> | undefined {
  const declared = contentType?.startsWith("application/x-www-form-urlencoded") === true;
  // wget declares every body to be a form, logs too: what does not look like `name=value` is text.
  if (!/^[\w.-]+=[^\s]*$/.test(text.trim())) return undefined;
  if (!declared && contentType !== undefined) return undefined;
  return Object.fromEntries(new URLSearchParams(text.trim()));
}
