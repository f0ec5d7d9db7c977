import { type FileHandle, mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type ClientRequest, get as httpGet, type IncomingMessage, type RequestOptions } from "node:http";
import { get as httpsGet } from "node:https";
import { dirname } from "node:path";
import { z } from "zod";
import { BootwireError } from "../errors.ts";

export interface DownloadOptions {
  readonly url: URL;
  /** File to fill; what was fetched of it before is gone on with, if it is still the same at the other end. */
  readonly partial: string;
  /** Told how far it is; `total` is undefined as long as the server does not say. */
  readonly onProgress: (done: number, total: number | undefined) => void;
  /** Waits before another try, in milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** Longest silence of the server, in milliseconds. */
  readonly stall?: number;
}

/** Where a part is from: what the server needs to say whether the rest still fits. */
const ORIGIN = z.object({ url: z.string(), validator: z.string() });

const STALL = 60_000;
const MAX_REDIRECTS = 10;
/** Tries that bring no byte, one after the other. */
const MAX_TRIES = 4;
const FIRST_PAUSE = 1000;

/**
 * Fetches a file by HTTP or HTTPS, and goes on where it was interrupted (RFC 9110 §14.2, with If-Range: a file that was
 * replaced meanwhile is begun anew). Each silence has its deadline; tries that bring nothing are given up after a few.
 * Rejects with BW_MEDIA_DOWNLOAD; the part then stays for the next time.
 */
export async function download(options: DownloadOptions): Promise<void> {
  await mkdir(dirname(options.partial), { recursive: true });
  for (let fruitless = 0; ; ) {
    const before = await sizeOf(options.partial);
    try {
      if (await attempt(options, before)) {
        await rm(originPath(options.partial), { force: true });
        return;
      }
    } catch (error) {
      if (error instanceof BootwireError || options.signal?.aborted) throw error;
      fruitless = (await sizeOf(options.partial)) > before ? 1 : fruitless + 1;
      if (fruitless >= MAX_TRIES) throw failed(options.url, messageOf(error), error);
      await options.pause(FIRST_PAUSE * 2 ** (fruitless - 1));
    }
  }
}

/** One request. False: the part does not fit any more and was thrown away. */
async function attempt(options: DownloadOptions, have: number): Promise<boolean> {
  const { url, partial, signal } = options;
  const origin = have > 0 ? await readOrigin(partial, url) : undefined;
  const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "bootwire" };
  if (origin !== undefined) {
    headers["range"] = `bytes=${have}-`;
    headers["if-range"] = origin.validator;
  }
  const response = await request(url, { headers, ...(signal && { signal }) }, options.stall ?? STALL);
  try {
    // Everything was here already, and is still the same.
    if (origin && response.statusCode === 416 && response.headers["content-range"] === `bytes */${have}`)
      return true;
    const start = startOf(response, have, url);
    if (start === undefined) {
      await rm(partial, { force: true });
      return false;
    }
    const handle = await open(partial, start > 0 ? "r+" : "w");
    try {
      await writeOrigin(partial, url, response);
      await fill(handle, response, start, options);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  } finally {
    response.destroy();
  }
}

/** Where the answer's bytes belong; undefined: nowhere, and the part is of no use. Throws for what is no answer. */
function startOf(response: IncomingMessage, have: number, url: URL): number | undefined {
  switch (response.statusCode) {
    case 200:
      return 0;
    case 206: {
      const start = /^bytes (\d+)-/.exec(response.headers["content-range"] ?? "")?.[1];
      return Number(start) === have ? have : undefined;
    }
    case 416:
      return undefined;
    default: {
      const { statusCode = 0, statusMessage = "" } = response;
      // What the server may get over is tried again.
      if (statusCode >= 500 || statusCode === 429)
        throw new Error(`the server says ${statusCode} ${statusMessage}`);
      throw failed(url, `the server says ${statusCode} ${statusMessage}`, undefined);
    }
  }
}

async function fill(
  handle: FileHandle,
  response: IncomingMessage,
  start: number,
  { onProgress }: DownloadOptions,
): Promise<void> {
  const length = response.headers["content-length"];
  const total = length === undefined ? undefined : start + Number(length);
  let done = start;
  onProgress(done, total);
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("the answer is no bytes");
    await handle.write(chunk, 0, chunk.length, done);
    done += chunk.length;
    onProgress(done, total);
  }
  if (total !== undefined && done !== total)
    throw new Error(`the connection ended at byte ${done} of ${total}`);
}

/** Follows redirects. Resolves with the head of the answer; its body ends with an error when the server falls silent. */
async function request(url: URL, options: RequestOptions, stall: number): Promise<IncomingMessage> {
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (at.protocol !== "http:" && at.protocol !== "https:")
      throw failed(url, `not a web address: ${at}`, undefined);
    const response = await once(at, options, stall);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined)
      return response;
    response.destroy();
    at = new URL(location, at);
  }
  throw failed(url, "it redirects without end", undefined);
}

function once(url: URL, options: RequestOptions, stall: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = url.protocol === "https:" ? httpsGet : httpGet;
    const asked: ClientRequest = get(url, { ...options, timeout: stall, agent: false }, (response) => {
      // Also once the head is here.
      asked.on("timeout", () => response.destroy(silent(stall)));
      resolve(response);
    });
    asked.once("timeout", () => asked.destroy(silent(stall)));
    asked.once("error", reject);
  });
}

function silent(stall: number): Error {
  return new Error(`the server was silent for ${stall / 1000} seconds`);
}

function originPath(partial: string): string {
  return `${partial}.json`;
}

/** The validator of the part, when it is from this URL and the server gave one. */
async function readOrigin(partial: string, url: URL): Promise<z.output<typeof ORIGIN> | undefined> {
  try {
    const parsed = ORIGIN.safeParse(JSON.parse(await readFile(originPath(partial), "utf8")));
    return parsed.success && parsed.data.url === url.href ? parsed.data : undefined;
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function writeOrigin(partial: string, url: URL, response: IncomingMessage): Promise<void> {
  const { etag, "last-modified": modified } = response.headers;
  // A weak validator says nothing of bytes (RFC 9110 §13.1.5).
  const validator = etag !== undefined && !etag.startsWith("W/") ? etag : modified;
  if (validator === undefined) await rm(originPath(partial), { force: true });
  else await writeFile(originPath(partial), JSON.stringify({ url: url.href, validator }));
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
}

function failed(url: URL, why: string, cause: unknown): BootwireError {
  return new BootwireError(
    "BW_MEDIA_DOWNLOAD",
    `${url.href} could not be fetched: ${why}`,
    "Check the address and the network, and run the command again: it goes on where it stopped.",
    { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
