import { readFile } from "node:fs/promises";
import type { HookConfig } from "../config/model.ts";
import type { HookPost } from "./hooks.ts";
import type { Outcome } from "./queue.ts";
import { SIGNATURE_HEADER, sign } from "./signature.ts";

/** Status codes of a receiver that may think otherwise later; the other 4xx mean the post itself. */
const TRY_AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);

/** Posts an event. Never rejects; takes no longer than the hook's time-out. */
export async function postHook({ hook, id, event, body, signal }: HookPost): Promise<Outcome> {
  const deadline = AbortSignal.timeout(hook.timeout * 1000);
  try {
    const secret = await secretOf(hook);
    const response = await fetch(hook.url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "bootwire",
        "bootwire-event": event,
        "bootwire-delivery": id,
        [SIGNATURE_HEADER]: sign(secret, Math.floor(Date.now() / 1000), body),
      },
      // What was signed for one receiver is not carried to another one.
      redirect: "manual",
      signal: AbortSignal.any([signal, deadline]),
    });
    // Whatever it says besides is nothing to us, however long.
    await response.body?.cancel();
    return outcomeOf(response.status);
  } catch (error) {
    if (deadline.aborted) return { kind: "failed", reason: `no answer within ${hook.timeout} s` };
    return { kind: "failed", reason: reasonOf(error) };
  }
}

/** What a status means. */
export function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const reason = `the receiver answers ${status}`;
  if (status >= 300 && status < 400)
    return { kind: "refused", reason: `${reason}: redirects are not followed` };
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) return { kind: "refused", reason };
  return { kind: "failed", reason };
}

async function secretOf({ secret }: HookConfig): Promise<string> {
  if (secret.kind === "text") return secret.text;
  const text = (await readFile(secret.path, "utf8")).trim();
  if (text === "") throw new Error(`${secret.path} is empty`);
  return text;
}

/** `fetch` hides what went wrong in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
