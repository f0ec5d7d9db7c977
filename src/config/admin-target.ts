import path from "node:path";
import { readDocument } from "./document.ts";
import { gatherFacts } from "./facts.ts";
import { readConfigText } from "./load.ts";
import type { ConfigProblem } from "./problem.ts";
import { rawAt } from "./raw.ts";

/** Where the daemon of a config takes an admin's commands. */
export interface AdminTarget {
  readonly host: string;
  readonly port: number;
  /** Absolute folder of the state, where the token is. */
  readonly state: string;
  /** Absolute path of the certificate that it shows; undefined: it speaks without TLS. */
  readonly certificate: string | undefined;
}

/**
 * Reads from a config what it takes to talk to its daemon, and nothing else: a daemon keeps running while its config is
 * being worked on and is wrong in some other place.
 */
export async function readAdminTarget(
  file: string,
): Promise<
  | { readonly ok: true; readonly target: AdminTarget }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }
> {
  const absolute = path.resolve(file);
  const text = await readConfigText(absolute);
  if (!text.ok) return { ok: false, problems: [text.problem] };
  const { document, problems } = readDocument(text.text, absolute);
  if (!document) return { ok: false, problems };
  const written = rawAt(document.data, ["state"]);
  const state = typeof written === "string" && written !== "" ? written : "state";
  const { host, port } = gatherFacts(document.data).listen?.value ?? { host: "127.0.0.1", port: 8081 };
  const folder = path.dirname(absolute);
  const pem = rawAt(document.data, ["admin", "tls", "certificate"]);
  const certificate = typeof pem === "string" && pem !== "" ? path.resolve(folder, pem) : undefined;
  return { ok: true, target: { host, port, state: path.resolve(folder, state), certificate } };
}
