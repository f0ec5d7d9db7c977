import type { Catalogue, Located } from "../media/catalogue.ts";
import { type Ipv4, parseIpv4 } from "../net/ipv4.ts";
import { normalizeName } from "../tftp/folder-source.ts";
import { ErrorCode } from "../tftp/packet.ts";
import type { TftpContent, TftpRequest, TftpSource } from "../tftp/source.ts";
import type { BootService, RenderedScript } from "./boot-service.ts";
import { parseScriptName, type ScriptName } from "./content-paths.ts";

export interface TftpFilesParts {
  readonly boot: BootService;
  readonly catalogue: Catalogue;
  /** The admin's own folder (`tftp.root`), asked last. */
  readonly folder: () => TftpSource | undefined;
  /** Told when a script was handed out. */
  readonly onScript: (name: ScriptName, script: RenderedScript, client: string) => void;
}

/** What a name is over TFTP that is no script: a loader by its bare name, else a content path. */
export async function locateByTftpName(catalogue: Catalogue, path: string): Promise<Located> {
  if (!path.includes("/")) {
    const asset = await catalogue.locate(`assets/${path}`);
    if (asset.kind === "file") return asset;
  }
  return catalogue.locate(path);
}

/**
 * The names that machines ask for over TFTP: boot scripts rendered for the asking machine, the loaders, content paths,
 * and whatever lies in the admin's own folder.
 */
export class TftpFiles implements TftpSource {
  readonly #parts: TftpFilesParts;

  constructor(parts: TftpFilesParts) {
    this.#parts = parts;
  }

  async resolve(request: TftpRequest): Promise<TftpContent> {
    const server = parseIpv4(request.server);
    const path = normalizeName(request.filename)?.join("/");
    if (path === undefined)
      return { kind: "error", code: ErrorCode.accessViolation, message: "access violation" };
    if (server !== undefined) {
      const script = await this.#script(path, server, request.client.address);
      if (script !== undefined) return { kind: "bytes", bytes: Buffer.from(script) };
    }
    const located = await locateByTftpName(this.#parts.catalogue, path);
    if (located.kind === "file") return { kind: "file", path: located.path };
    if (located.kind === "composed") return { kind: "parts", parts: located.pieces };
    const folder = this.#parts.folder();
    return folder
      ? folder.resolve(request)
      : { kind: "error", code: ErrorCode.notFound, message: "file not found" };
  }

  async #script(path: string, server: Ipv4, client: string): Promise<string | undefined> {
    const name = parseScriptName(path);
    if (!name) return this.#parts.boot.dispatcher(path, server);
    const rendered = await this.#parts.boot.script(name, server);
    if (!rendered) return undefined;
    this.#parts.onScript(name, rendered, client);
    return rendered.body;
  }
}
