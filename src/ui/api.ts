import type { ApiError } from "../api-types.ts";

/** What the daemon refused, in its words. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor(status: number, code: string, message: string, hint: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Throws Refused; status 0 where no daemon answers. */
export async function ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused(0, "BW_DAEMON_UNREACHABLE", "the daemon does not answer", "Is it running?");
  }
  if (!response.ok) throw await refusal(response);
  const answer: T = await response.json();
  return answer;
}

export function get<T>(path: string): Promise<T> {
  return ask<T>("GET", path);
}

/** An order for one machine: `reinstall`, `local`, `cancel`. */
export function order<T>(machine: string, what: string, body?: object): Promise<T> {
  return ask<T>("POST", `/machines/${encodeURIComponent(machine)}/${what}`, body);
}

async function refusal(response: Response): Promise<Refused> {
  try {
    const { error }: ApiError = await response.json();
    return new Refused(response.status, error.code, error.message, error.hint);
  } catch {
    const message = `the daemon answered with status ${response.status}`;
    return new Refused(response.status, "BW_API_ANSWER", message, "Look into its log.");
  }
}
