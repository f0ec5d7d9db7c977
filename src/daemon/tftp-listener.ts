import { TftpFiles, type TftpFilesParts } from "../boot/tftp-files.ts";
import type { Config } from "../config/model.ts";
import type { NetworkInterface } from "../net/interfaces.ts";
import { formatCidr, formatIpv4 } from "../net/ipv4.ts";
import { FolderSource } from "../tftp/folder-source.ts";
import { TftpServer } from "../tftp/server.ts";
import type { TftpObserver } from "../tftp/source.ts";

/** The TFTP server, for boot scripts, loaders, and the admin's own folder. */
export function tftpListener(
  { tftp }: Config,
  interfaces: readonly NetworkInterface[],
  parts: Omit<TftpFilesParts, "folder">,
  observer: TftpObserver,
): TftpServer {
  const { root, ignoreCase, port, ports, singlePort, allow, limits } = tftp;
  const folder = root === undefined ? undefined : new FolderSource(root, { ignoreCase });
  return new TftpServer({
    addresses: interfaces.map((one) => formatIpv4(one.address)),
    port,
    source: new TftpFiles({ ...parts, folder: () => folder }),
    observer,
    limits,
    singlePort,
    ...(ports && { ports }),
    ...(allow && { allow: allow.map(formatCidr) }),
  });
}
