import type { ServerResponse } from "node:http";
import parseRange from "range-parser";
import type { Content } from "../media/content.ts";

/** Bytes read and written at a time. Two buffers a response, each used again once its bytes have left it. */
const CHUNK = 1 << 20;

/** What became of a download. */
export interface Sent {
  readonly status: 200 | 206 | 304 | 416;
  readonly bytes: number;
  /** False when the client went away before the end. */
  readonly complete: boolean;
}

/** The parts of a request that say what is wanted of a file. */
export interface ContentRequest {
  readonly method: string;
  readonly headers: {
    readonly range?: string | undefined;
    readonly "if-range"?: string | undefined;
    readonly "if-none-match"?: string | undefined;
  };
}

/**
 * Sends content with Range, HEAD, ETag and Last-Modified (RFC 9110 §13, §14). Reads into two buffers in turn
 * and waits for the socket, so that memory stays the same whatever the file's size: ten times less CPU than a piped
 * stream of small chunks, which matters when a whole lab installs at once.
 * A request for several ranges gets the whole, as §14.2 allows. `onProgress` is told how many bytes have left so far.
 */
export async function sendContent(
  request: ContentRequest,
  response: ServerResponse,
  content: Content,
  contentType: string,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<Sent> {
  const etag = `"${content.version}"`;
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("etag", etag);
  if (content.modifiedAt) response.setHeader("last-modified", content.modifiedAt.toUTCString());
  if (request.headers["if-none-match"] === etag) return end(response, 304);

  const range = wantedRange(request, etag, content.size);
  if (range === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${content.size}`);
    return end(response, 416);
  }
  const { start, end: last } = range ?? { start: 0, end: content.size - 1 };
  const length = last - start + 1;
  response.statusCode = range ? 206 : 200;
  response.setHeader("content-type", contentType);
  response.setHeader("content-length", length);
  if (range) response.setHeader("content-range", `bytes ${start}-${last}/${content.size}`);
  const status = range ? 206 : 200;
  if (request.method === "HEAD") {
    response.end();
    return { status, bytes: 0, complete: true };
  }
  const bytes = await pump(content, start, length, response, onProgress);
  return { status, bytes, complete: bytes === length };
}

function end(response: ServerResponse, status: 304 | 416): Sent {
  response.statusCode = status;
  response.end();
  return { status, bytes: 0, complete: true };
}

function wantedRange(
  request: ContentRequest,
  etag: string,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const header = request.headers.range;
  const condition = request.headers["if-range"];
  if (header === undefined || (condition !== undefined && condition !== etag)) return undefined;
  const ranges = parseRange(size, header, { combine: true });
  if (ranges === -1) return "unsatisfiable";
  if (ranges === -2 || ranges.type !== "bytes") return undefined;
  return ranges.length === 1 ? ranges[0] : undefined;
}

async function pump(
  content: Content,
  start: number,
  length: number,
  response: ServerResponse,
  onProgress: (bytes: number) => void,
): Promise<number> {
  const size = Math.min(CHUNK, Math.max(length, 1));
  // The second one only where there is something for it: most files of an installer are small.
  const buffers: Buffer[] = [];
  const bufferOf = (turn: number) => (buffers[turn % 2] ??= Buffer.allocUnsafe(size));
  let reading = read(content, bufferOf(0), start, length);
  let done = 0;
  for (let turn = 1; done < length; turn++) {
    const bytes = await reading;
    if (bytes.length === 0 || response.destroyed) break;
    const left = length - done - bytes.length;
    // The next bytes are read while these leave.
    reading = left > 0 ? read(content, bufferOf(turn), start + length - left, left) : NOTHING;
    // A read that fails is met at the next turn, and is not unheard of until then.
    reading.catch(() => undefined);
    if (!(await write(response, bytes))) break;
    done += bytes.length;
    onProgress(done);
  }
  // What is still being read needs its file.
  await reading.catch(() => undefined);
  // A file that became shorter under us must not look whole: the announced length is missed, the connection closed.
  if (done < length) response.destroy();
  else response.end();
  return done;
}

const NOTHING = Promise.resolve(Buffer.alloc(0));

async function read(content: Content, buffer: Buffer, position: number, left: number): Promise<Buffer> {
  const view = buffer.subarray(0, left);
  return view.subarray(0, await content.read(view, position));
}

/** Writes and waits until the bytes have left the buffer; false when the connection is gone. */
function write(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const onClose = () => resolve(false);
    response.once("close", onClose);
    response.write(bytes, (error) => {
      response.off("close", onClose);
      resolve(!error);
    });
  });
}
