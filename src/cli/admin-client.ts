import { readFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { errorSchema } from "../api/schema.ts";
import { type AdminTarget, readAdminTarget } from "../config/admin-target.ts";
import { ConfigInvalid } from "../config/config-invalid.ts";
import { BootwireError } from "../errors.ts";
import { ask, isDistrust, isOutOfTime, type Trust } from "./http-request.ts";
import { parseJson } from "./json.ts";
import type { DaemonOptions } from "./options.ts";
import { type SseMessage, SseParser } from "./sse.ts";

/** How long the daemon may take to answer, in milliseconds. */
const PATIENCE = 15_000;
/** How long an event stream may be silent, in milliseconds; the daemon says every 15 s that it is there. */
const SILENCE = 45_000;

/** From where, and how long, an event stream is read. */
export interface StreamStart {
  readonly lastEventId: number;
  /** Ends the stream. */
  readonly signal: AbortSignal | undefined;
  /** Called when the daemon has answered. */
  readonly onOpen: () => void;
}

/** Talks to a running daemon. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string;
  readonly #configPath: string;
  readonly #trust: Trust;

  private constructor(base: string, token: string, configPath: string, trust: Trust) {
    this.#base = base;
    this.#token = token;
    this.#configPath = configPath;
    this.#trust = trust;
  }

  /**
   * A client of the daemon that a config belongs to. Throws ConfigInvalid, BW_DAEMON_UNREACHABLE where there never was a
   * daemon, BW_ADMIN_TOKEN where its token may not be read, BW_CA where `--ca` cannot be.
   */
  static async open({ config: configPath, ca }: DaemonOptions): Promise<AdminClient> {
    const read = await readAdminTarget(configPath);
    if (!read.ok) throw new ConfigInvalid(configPath, read.problems);
    const { target } = read;
    const trust = await trustOf(target, ca);
    return new AdminClient(baseOf(target), await readAdminToken(target.state, configPath), configPath, trust);
  }

  /** Throws what the daemon answers as a BootwireError with the daemon's code, or BW_DAEMON_UNREACHABLE. */
  async get<T>(route: string, shape: z.ZodType<T>): Promise<T> {
    return this.#request("GET", route, shape, undefined);
  }

  /** Like `get`. */
  async post<T>(route: string, shape: z.ZodType<T>, body?: unknown): Promise<T> {
    return this.#request("POST", route, shape, body);
  }

  /**
   * The messages of an event stream until it ends. Throws BW_DAEMON_UNREACHABLE when there
   * is no connection or it falls silent, BW_TLS_UNTRUSTED, and a BootwireError when the daemon refuses. Ends when `signal` aborts.
   */
  async *stream(route: string, from: StreamStart): AsyncGenerator<SseMessage> {
    const { lastEventId, signal, onOpen } = from;
    const silent = new AbortController();
    let alarm = setTimeout(() => silent.abort(), PATIENCE);
    const signals = signal ? [silent.signal, signal] : [silent.signal];
    try {
      const headers = {
        ...this.#headers(),
        accept: "text/event-stream",
        "last-event-id": String(lastEventId),
      };
      const response = await ask(`${this.#base}${route}`, {
        method: "GET",
        headers,
        signal: AbortSignal.any(signals),
        trust: this.#trust,
      });
      const { statusCode = 0 } = response;
      if (statusCode !== 200) throw refusal(statusCode, await text(response));
      onOpen();
      const parser = new SseParser();
      const decoder = new TextDecoder();
      for await (const piece of response) {
        clearTimeout(alarm);
        alarm = setTimeout(() => silent.abort(), SILENCE);
        yield* parser.push(decoder.decode(bytesOf(piece), { stream: true }));
      }
    } catch (error) {
      if (signal?.aborted) return;
      throw error instanceof BootwireError ? error : this.#unreachable(error);
    } finally {
      clearTimeout(alarm);
    }
  }

  async #request<T>(method: string, route: string, shape: z.ZodType<T>, body: unknown): Promise<T> {
    let status: number;
    let said: string;
    try {
      const response = await ask(`${this.#base}${route}`, {
        method,
        headers: {
          ...this.#headers(),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE),
        trust: this.#trust,
      });
      status = response.statusCode ?? 0;
      said = await text(response);
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (status < 200 || status > 299) throw refusal(status, said);
    const parsed = shape.safeParse(parseJson(said));
    if (parsed.success) return parsed.data;
    throw new BootwireError(
      "BW_API_ANSWER",
      `${this.#base} gave an answer that is not understood`,
      "Is it a Bootwire daemon of this version? Restart it after an upgrade.",
    );
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }

  #unreachable(cause: unknown): BootwireError {
    const code = codeOf(cause) ?? "";
    if (isOutOfTime(code)) {
      return new BootwireError(
        "BW_TLS_UNTRUSTED",
        `${this.#base} shows a certificate whose time is not now (${code})`,
        "Renew it, or set this machine's clock right; the daemon takes up a renewed one by itself, and machines boot meanwhile.",
        { cause },
      );
    }
    if (isDistrust(code)) {
      return new BootwireError(
        "BW_TLS_UNTRUSTED",
        `${this.#base} shows a certificate that is not trusted (${reasonOf(cause)})`,
        "The daemon's own is trusted where this user can read the file of `admin.tls`, once the daemon has taken it up; " +
          "else name the PEM file of its authority with --ca FILE.",
        { cause },
      );
    }
    return unreachable(`no daemon answers at ${this.#base} (${reasonOf(cause)})`, this.#configPath, cause);
  }
}

/** The daemon's own certificate, as far as this user may read it, and what `--ca` names. */
async function trustOf({ certificate }: AdminTarget, ca: string | undefined): Promise<Trust> {
  const own =
    certificate === undefined ? undefined : await readFile(certificate, "utf8").catch(() => undefined);
  if (ca === undefined) return { own, authorities: undefined };
  try {
    return { own, authorities: await readFile(ca, "utf8") };
  } catch (error) {
    throw new BootwireError(
      "BW_CA",
      `${ca} cannot be read (${codeOf(error) ?? String(error)})`,
      "Name the PEM file of the authority that signed the daemon's certificate.",
      { cause: error },
    );
  }
}

function baseOf({ host, port, certificate }: AdminTarget): string {
  // Listening everywhere means here too.
  const near = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${certificate === undefined ? "http" : "https"}://${near.includes(":") ? `[${near}]` : near}:${port}/api/v1`;
}

/** The daemon's token, of its state folder. Throws BW_DAEMON_UNREACHABLE where there is none, or BW_ADMIN_TOKEN. */
export async function readAdminToken(state: string, configPath: string): Promise<string> {
  const file = path.join(state, "admin-token");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw unreachable(`no daemon has run yet: there is no ${file}`, configPath, error);
    throw new BootwireError(
      "BW_ADMIN_TOKEN",
      `the daemon's token in ${file} cannot be read (${String(code)})`,
      "Run this command as the user that the daemon runs as, or as root.",
      { cause: error },
    );
  }
}

function unreachable(message: string, configPath: string, cause: unknown): BootwireError {
  const hint = `Start it with \`bootwire serve --config ${configPath}\`, or name the config of the one that runs.`;
  return new BootwireError("BW_DAEMON_UNREACHABLE", message, hint, { cause });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "it does not answer in time";
  return codeOf(error) ?? error.message;
}

/** Streams without an encoding give bytes, but their type does not say so. */
function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError("text came where bytes were expected");
}

function refusal(status: number, text: string): BootwireError {
  const parsed = errorSchema.safeParse(parseJson(text));
  if (parsed.success) {
    const { code, message, hint } = parsed.data.error;
    return new BootwireError(code, message, hint);
  }
  return new BootwireError(
    "BW_API_ANSWER",
    `the daemon answered with HTTP status ${status}`,
    "Is something else listening at the address that `admin.listen` names?",
  );
}
