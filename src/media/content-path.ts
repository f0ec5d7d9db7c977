import { BootwireError } from "../errors.ts";

/*
 * Content paths: one name for everything that can be served, the same over TFTP and, below the base URL, over HTTP. A
 * path says by itself how its bytes are made, so nothing has to be registered, and it survives a restart:
 *
 *   assets/<name>                     a file that the product brings with it
 *   media/<path>                      a file of the media folder, the whole ISO too
 *   media/<iso>/<path inside>         a file inside an ISO of the media folder; with `/` at its end, an index of a folder
 *   proxmox-iso/@/media/<iso>         a Proxmox VE ISO made fit for an unattended install, as it is read
 *   proxmox-iso/http/<host>/<path>/@/media/<iso>      the same, with the URL that it posts to for its answers
 *   join/<content>/+/<content>/+/…    several contents in one, each begun at a multiple of four bytes: one initrd for
 *                                     loaders that take only one
 *   join/…/+/<content>/=/<name>       … the last one wrapped as a cpio archive, so that the kernel unpacks it as `/<name>`
 *
 * A component that is only `+`, `=` or `@` has that meaning and cannot be a file's name in such a path. Installers build
 * paths with the functions below and never put the syntax together themselves:
 *
 *   const iso = "proxmox-ve_9.2-1.iso";
 *   initrd: joinPath([
 *     { content: mediaPath(iso, "boot/initrd.img") },
 *     { content: proxmoxIsoPath(iso, `${attemptUrl}/answers/proxmox`), as: "proxmox.iso" },
 *   ])
 */

/** What a content path names. */
export type ContentPath =
  | { readonly kind: "asset"; readonly name: string }
  /** `path`: in the media folder, and where it leads through an ISO, on inside of it. */
  | { readonly kind: "media"; readonly path: string }
  /** `iso`: path in the media folder. */
  | { readonly kind: "proxmox-iso"; readonly iso: string; readonly answerUrl: string | undefined }
  | { readonly kind: "join"; readonly parts: readonly JoinedPart[] };

/** One part of a joined content. */
export interface JoinPart {
  /** A content path that is not itself joined. */
  readonly content: string;
  /** Path under which the kernel finds it, without a leading slash. Left out: the content is an initrd as it is. */
  readonly as?: string | undefined;
}

/** A part as it was read from a content path. */
export interface JoinedPart {
  readonly content: Exclude<ContentPath, { kind: "join" }>;
  readonly as: string | undefined;
}

/** Folders below the base URL that content paths begin with. */
export const CONTENT_FOLDERS = ["assets", "media", "proxmox-iso", "join"] as const;

/** What pxelinux takes as a file name, in bytes. */
const MAX_LENGTH = 255;
/** Parts of a joined content. */
const MAX_PARTS = 16;

const [NEXT, AS, OF] = ["+", "=", "@"];
/** Components of an answer URL: nothing that a loader, a URL or a TFTP name would read differently. */
const URL_COMPONENT = /^[A-Za-z0-9._~:-]+$/;

/** The content path of a file of the media folder or, with `inside`, of a file within an ISO there. */
export function mediaPath(path: string, inside?: string): string {
  return inside === undefined ? `media/${path}` : `media/${path}/${inside.replace(/^\/+/, "")}`;
}

/**
 * The content path of a Proxmox VE ISO that installs unattended. `answerUrl`: where it posts to for its answers; left
 * out, it asks DHCP (option 250) and DNS for one. Throws BW_CONTENT_PATH for a URL that has a query or is no HTTP one.
 */
export function proxmoxIsoPath(iso: string, answerUrl?: string): string {
  return checked(["proxmox-iso", ...(answerUrl === undefined ? [] : urlParts(answerUrl)), OF, "media", iso]);
}

/** The content path of several contents in one file. Throws BW_CONTENT_PATH when it cannot be named. */
export function joinPath(parts: readonly JoinPart[]): string {
  const words = parts.flatMap(({ content, as }, index) => [
    ...(index === 0 ? [] : [NEXT]),
    content,
    ...(as === undefined ? [] : [AS, as.replace(/^\/+/, "")]),
  ]);
  return checked(["join", ...words]);
}

/** Reads a content path; `undefined` when it is none. */
export function parseContentPath(path: string): ContentPath | undefined {
  const [folder, ...rest] = path.split("/");
  if (rest.length === 0 || path.includes("\0")) return undefined;
  return folder === "join" ? parseJoin(rest) : parseSingle(path);
}

function parseSingle(path: string): JoinedPart["content"] | undefined {
  const [folder, ...rest] = path.split("/");
  if (rest.some((part) => part === ".." || part.includes("\0"))) return undefined;
  const name = rest.join("/");
  switch (folder) {
    case "assets":
      return name === "" ? undefined : { kind: "asset", name };
    case "media":
      return { kind: "media", path: name };
    case "proxmox-iso":
      return parseProxmox(rest);
    default:
      return undefined;
  }
}

function parseProxmox(words: readonly string[]): JoinedPart["content"] | undefined {
  const at = words.indexOf(OF);
  if (at < 0 || words[at + 1] !== "media") return undefined;
  const iso = words.slice(at + 2).join("/");
  if (iso === "") return undefined;
  if (at === 0) return { kind: "proxmox-iso", iso, answerUrl: undefined };
  const [scheme, ...url] = words.slice(0, at);
  if ((scheme !== "http" && scheme !== "https") || url.length === 0) return undefined;
  if (!url.every((part) => URL_COMPONENT.test(part))) return undefined;
  return { kind: "proxmox-iso", iso, answerUrl: `${scheme}://${url.join("/")}` };
}

function parseJoin(words: readonly string[]): ContentPath | undefined {
  const parts: JoinedPart[] = [];
  for (const run of split(words, NEXT)) {
    const [source = [], name, ...more] = split(run, AS);
    const content = parseSingle(source.join("/"));
    const as = name?.join("/");
    if (!content || more.length > 0 || (as !== undefined && !isPlainPath(as))) return undefined;
    parts.push({ content, as });
  }
  return parts.length > MAX_PARTS ? undefined : { kind: "join", parts };
}

function split(words: readonly string[], at: string | undefined): string[][] {
  const runs: string[][] = [[]];
  for (const word of words) {
    if (word === at) runs.push([]);
    else runs.at(-1)?.push(word);
  }
  return runs;
}

function isPlainPath(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function urlParts(url: string): readonly string[] {
  const [, scheme, rest] = /^(https?):\/\/(.+)$/.exec(url) ?? [];
  const parts = rest?.split("/") ?? [];
  if (scheme === undefined || !parts.every((part) => URL_COMPONENT.test(part) && !/^\.+$/.test(part))) {
    throw unnameable(`the answer URL ${url} cannot be part of it`);
  }
  return [scheme, ...parts];
}

function checked(words: readonly (string | undefined)[]): string {
  const path = words.join("/");
  const length = Buffer.byteLength(path);
  if (length > MAX_LENGTH) {
    throw unnameable(`${path} has ${length} bytes, and loaders take names of at most ${MAX_LENGTH}`);
  }
  if (parseContentPath(path) === undefined) throw unnameable(`${path} cannot be read back`);
  return path;
}

function unnameable(why: string): BootwireError {
  return new BootwireError(
    "BW_CONTENT_PATH",
    `no content path for this boot: ${why}`,
    "Give the media shorter and plainer names: letters, digits, dots and hyphens.",
  );
}
