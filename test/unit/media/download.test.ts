import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addMedia } from "../../../src/media/add-media.ts";
import { download } from "../../../src/media/download.ts";

const BYTES = randomBytes(300_000);
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
let folder: string;
let server: Server;
let base: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: (string | undefined)[];
let pauses: number[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  base = `http://127.0.0.1:${address.port}`;
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bootwire-download-"));
  asked = [];
  pauses = [];
  return () => rm(folder, { recursive: true });
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Serves the bytes as a good server does, at most `most` of them before the connection breaks. */
function serve(bytes: Buffer, etag: string, most = Number.POSITIVE_INFINITY): typeof answer {
  return (request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    const fits = range !== undefined && request.headers["if-range"] === etag;
    const start = fits ? Number(range) : 0;
    response.setHeader("etag", etag);
    if (start >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    const rest = bytes.subarray(start);
    if (fits) response.setHeader("content-range", `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(fits ? 206 : 200, { "content-length": rest.length });
    if (rest.length <= most) response.end(rest);
    else response.write(rest.subarray(0, most), () => response.destroy());
  };
}

function fetchIt(path = "/file", stall?: number): Promise<void> {
  return download({
    url: new URL(path, base),
    partial: join(folder, "partial"),
    onProgress: () => undefined,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    ...(stall !== undefined && { stall }),
  });
}

async function fetched(): Promise<string> {
  return createHash("sha256")
    .update(await readFile(join(folder, "partial")))
    .digest("hex");
}

describe("a download", () => {
  it("goes on where the connection broke, as often as it brings something", async () => {
    answer = serve(BYTES, '"v1"', 70_000);
    await fetchIt();
    expect(await fetched()).toBe(SHA256);
    expect(asked[0]).toBeUndefined();
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ""))).toBe(true);
    expect(await readdir(folder)).toEqual(["partial"]);
  });

  it("begins anew when the file was replaced meanwhile", async () => {
    const other = randomBytes(200_000);
    answer = serve(other, '"v1"', 70_000);
    let requests = 0;
    answer = (request, response) => {
      requests++;
      serve(
        requests === 1 ? other : BYTES,
        requests === 1 ? '"v1"' : '"v2"',
        requests === 1 ? 70_000 : 1e9,
      )(request, response);
    };
    await fetchIt();
    expect(await fetched()).toBe(SHA256);
  });

  it("goes on in another run, and knows what is whole already", async () => {
    answer = (request, response) => {
      if (asked.length > 1) response.writeHead(404).end();
      else serve(BYTES, '"v1"', 100_000)(request, response);
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: "BW_MEDIA_DOWNLOAD" });
    answer = serve(BYTES, '"v1"');
    await fetchIt();
    expect(await fetched()).toBe(SHA256);
    await writeFile(join(folder, "partial.json"), JSON.stringify({ url: `${base}/file`, validator: '"v1"' }));
    await fetchIt();
    expect(await fetched()).toBe(SHA256);
    expect(asked.at(-1)).toBe(`bytes=${BYTES.length}-`);
  });

  it("does not go on with what is from elsewhere", async () => {
    await writeFile(join(folder, "partial"), "something else");
    await writeFile(
      join(folder, "partial.json"),
      JSON.stringify({ url: `${base}/other`, validator: '"v1"' }),
    );
    answer = serve(BYTES, '"v1"');
    await fetchIt();
    expect(await fetched()).toBe(SHA256);
    expect(asked).toEqual([undefined]);
  });

  it("follows redirects, but not for ever", async () => {
    answer = (request, response) => {
      if (request.url === "/from") response.writeHead(302, { location: "/to" }).end();
      else if (request.url === "/round") response.writeHead(302, { location: "/round" }).end();
      else serve(BYTES, '"v1"')(request, response);
    };
    await fetchIt("/from");
    expect(await fetched()).toBe(SHA256);
    await expect(fetchIt("/round")).rejects.toMatchObject({ code: "BW_MEDIA_DOWNLOAD" });
  });

  it("gives up on a server that is silent, after some tries with longer and longer pauses", async () => {
    answer = () => undefined;
    await expect(fetchIt("/file", 20)).rejects.toMatchObject({
      code: "BW_MEDIA_DOWNLOAD",
      message: expect.stringContaining("silent"),
    });
    expect(pauses).toEqual([1000, 2000, 4000]);
  });

  it("gives up on a server that falls silent in the middle", async () => {
    answer = (_request, response) => {
      if (asked.length > 1) return;
      response.writeHead(200, { "content-length": BYTES.length, etag: '"v1"' });
      response.write(BYTES.subarray(0, 1000));
    };
    await expect(fetchIt("/file", 50)).rejects.toMatchObject({ message: expect.stringContaining("silent") });
  });

  it("is refused at once where the server says no", async () => {
    answer = (_request, response) => response.writeHead(404).end();
    await expect(fetchIt()).rejects.toMatchObject({ message: expect.stringContaining("404") });
    expect(asked).toHaveLength(1);
  });
});

describe("a file that is added", () => {
  function add(source: string, more: { readonly sha256?: string; readonly name?: string } = {}) {
    return addMedia({
      source,
      mediaFolder: join(folder, "media"),
      name: more.name,
      sha256: more.sha256,
      onProgress: () => undefined,
      onVerify: () => undefined,
      pause: () => Promise.resolve(),
    });
  }

  it("from the web is there when it is right, and never when it is not", async () => {
    answer = serve(BYTES, '"v1"');
    await expect(add(`${base}/a.iso`, { sha256: "0".repeat(64) })).rejects.toMatchObject({
      code: "BW_MEDIA_DIGEST",
    });
    expect(await readdir(join(folder, "media"))).toEqual([".partial"]);
    expect(await readdir(join(folder, "media/.partial"))).toEqual([]);
    expect(await add(`${base}/a.iso?x=y`, { sha256: SHA256.toUpperCase() })).toEqual({
      path: "a.iso",
      sha256: SHA256,
      present: false,
    });
    expect((await readFile(join(folder, "media/a.iso"))).equals(BYTES)).toBe(true);
  });

  it("from a disk is copied, and compared when it is there already", async () => {
    await writeFile(join(folder, "local.iso"), BYTES);
    const source = join(folder, "local.iso");
    expect(await add(source, { name: "isos/my.iso" })).toMatchObject({ path: "isos/my.iso", present: false });
    expect(await add(source, { name: "isos/my.iso", sha256: SHA256 })).toMatchObject({ present: true });
    expect(await add(join(folder, "media/isos/my.iso"))).toMatchObject({
      path: "isos/my.iso",
      present: true,
    });
    await expect(add(source, { name: "isos/my.iso" })).rejects.toMatchObject({ code: "BW_MEDIA_EXISTS" });
    await expect(add(source, { name: "isos/my.iso", sha256: "1".repeat(64) })).rejects.toMatchObject({
      code: "BW_MEDIA_DIGEST",
    });
    expect((await readFile(join(folder, "media/isos/my.iso"))).equals(BYTES)).toBe(true);
  });

  it.each(["with blank.iso", "../up", ".hidden", "quote'.iso", "a//b", "-rf"])(
    "is never called %j",
    async (name) => {
      await writeFile(join(folder, "local.iso"), BYTES);
      await expect(add(join(folder, "local.iso"), { name })).rejects.toMatchObject({ code: "BW_MEDIA_NAME" });
    },
  );

  it("that is not there is said to be so", async () => {
    await expect(add(join(folder, "nothing"))).rejects.toMatchObject({ code: "BW_MEDIA_MISSING" });
  });
});
