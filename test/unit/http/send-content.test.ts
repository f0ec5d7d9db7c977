import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer, get, type IncomingMessage, type RequestOptions, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sent, sendContent } from "../../../src/http/send-content.ts";
import { openFileContent } from "../../../src/media/content.ts";

const BYTES = randomBytes(3 * 1024 * 1024 + 17);
let folder: string;
let file: string;
let server: Server;
let port: number;
const sent: Sent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bootwire-send-"));
  file = join(folder, "image.raw");
  await writeFile(file, BYTES);
  server = createServer(async (request, response) => {
    const content = await openFileContent(join(folder, request.url ?? ""));
    if (request.headers["x-truncate"]) await truncate(join(folder, request.url ?? ""), 1024);
    sent.push(
      await sendContent({ method: request.method ?? "", headers: request.headers }, response, content, "a/b"),
    );
    await content.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  port = address.port;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function fetchFile(
  options: RequestOptions,
): Promise<{ response: IncomingMessage; body: Buffer; error: Error | undefined }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/image.raw", agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ response, body: Buffer.concat(chunks), error: undefined }));
      response.on("error", (error) => resolve({ response, body: Buffer.concat(chunks), error }));
    }).on("error", reject);
  });
}

describe("sending a file", () => {
  it("whole, byte for byte, with its length and a validator", async () => {
    const { response, body } = await fetchFile({});
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-length"]).toBe(String(BYTES.length));
    expect(response.headers["accept-ranges"]).toBe("bytes");
    expect(createHash("sha256").update(body).digest("hex")).toBe(
      createHash("sha256").update(BYTES).digest("hex"),
    );
  });

  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=1048570-1048590", 1048570, 1048591],
    [`bytes=${BYTES.length - 5}-`, BYTES.length - 5, BYTES.length],
    ["bytes=-7", BYTES.length - 7, BYTES.length],
    ["bytes=5-999999999", 5, BYTES.length],
  ])("a range: %s", async (range, from, to) => {
    const { response, body } = await fetchFile({ headers: { range } });
    expect(response.statusCode).toBe(206);
    expect(response.headers["content-range"]).toBe(`bytes ${from}-${to - 1}/${BYTES.length}`);
    expect(body.equals(BYTES.subarray(from, to))).toBe(true);
  });

  it("a range behind the end is 416 and says how long the file is", async () => {
    const { response, body } = await fetchFile({ headers: { range: `bytes=${BYTES.length}-` } });
    expect(response.statusCode).toBe(416);
    expect(response.headers["content-range"]).toBe(`bytes */${BYTES.length}`);
    expect(body.length).toBe(0);
  });

  it("an unreadable range is ignored, as RFC 9110 §14.2 says", async () => {
    expect((await fetchFile({ headers: { range: "lines=1-2" } })).response.statusCode).toBe(200);
  });

  it("HEAD tells the length and sends nothing", async () => {
    const { response, body } = await fetchFile({ method: "HEAD" });
    expect(response.headers["content-length"]).toBe(String(BYTES.length));
    expect(body.length).toBe(0);
  });

  it("a client that has the version is told so", async () => {
    const { response } = await fetchFile({});
    const etag = response.headers.etag;
    expect((await fetchFile({ headers: { "if-none-match": etag } })).response.statusCode).toBe(304);
    expect(
      (await fetchFile({ headers: { range: "bytes=0-9", "if-range": '"other"' } })).response.statusCode,
    ).toBe(200);
    expect((await fetchFile({ headers: { range: "bytes=0-9", "if-range": etag } })).response.statusCode).toBe(
      206,
    );
  });

  it("an empty file is an empty answer", async () => {
    await writeFile(join(folder, "empty"), "");
    const { response, body } = await fetchFile({ path: "/empty" });
    expect(response.headers["content-length"]).toBe("0");
    expect(body.length).toBe(0);
  });

  it("a file that became shorter under us never looks whole", async () => {
    await writeFile(join(folder, "shrinks"), BYTES);
    const { error } = await fetchFile({ path: "/shrinks", headers: { "x-truncate": "1" } });
    expect(error).toBeInstanceOf(Error);
    expect(sent.at(-1)).toMatchObject({ complete: false });
  });
});
