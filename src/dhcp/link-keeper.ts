import { readFile } from "node:fs/promises";
import type { NetworkInterface } from "../net/interfaces.ts";
import type { Native } from "../net/native.ts";
import type { DhcpPorts } from "./codes.ts";
import { closeLinks, type Link, openLinks } from "./links.ts";

export interface LinkKeeperOptions {
  readonly interfaces: readonly NetworkInterface[];
  readonly ports: DhcpPorts;
  readonly native: Native | undefined;
  /** A link was opened, for the first time or anew: listen on it. */
  readonly onOpen: (link: Link) => void;
  /** Something for people: an interface is gone, or back. */
  readonly onChange: (interfaceName: string, what: string) => void;
}

interface Kept {
  readonly interface: NetworkInterface;
  link: Link | undefined;
  index: number | undefined;
}

/**
 * Keeps the sockets on their interfaces. A socket that is bound to a device stays bound to that very device: when a bridge is
 * made anew, or a card taken out and put in again, it would stay open and hear nothing for ever.
 */
export class LinkKeeper {
  readonly #options: LinkKeeperOptions;
  #kept: readonly Kept[] = [];
  #closed = false;
  #checking: Promise<void> | undefined;

  constructor(options: LinkKeeperOptions) {
    this.#options = options;
  }

  /** Opens every link, or none of them: rejects with a node style error. */
  async open(): Promise<void> {
    const { interfaces, ports, native, onOpen } = this.#options;
    const links = await openLinks(interfaces, ports, native);
    this.#kept = await Promise.all(
      links.map(async (link) => ({
        interface: link.interface,
        link,
        index: await interfaceIndex(link.interface.name),
      })),
    );
    if (this.#closed) await closeLinks(links);
    else for (const link of links) onOpen(link);
  }

  /** Looks whether the interfaces are still the ones that the sockets are bound to. Never rejects. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#checking;
    await closeLinks(this.#kept.flatMap(({ link }) => link ?? []));
    this.#kept = [];
  }

  async #check(): Promise<void> {
    if (!this.#options.native) return;
    for (const kept of this.#kept) {
      const index = await interfaceIndex(kept.interface.name);
      if (this.#closed) return;
      if (index === kept.index && (kept.link !== undefined || index === undefined)) continue;
      if (kept.link !== undefined) {
        await closeLinks([kept.link]);
        kept.link = undefined;
      }
      kept.index = index;
      if (index === undefined) this.#options.onChange(kept.interface.name, "the interface is gone");
      else await this.#reopen(kept);
    }
  }

  async #reopen(kept: Kept): Promise<void> {
    const { ports, native, onOpen, onChange } = this.#options;
    try {
      const [link] = await openLinks([kept.interface], ports, native);
      kept.link = link;
      if (!link) return;
      onOpen(link);
      onChange(kept.interface.name, "the interface was made anew; listening on it again");
    } catch {
      // Tried again at the next look.
    }
  }
}

/** The kernel's number of an interface, new whenever it is made anew; `undefined` while it is not there. */
async function interfaceIndex(name: string): Promise<number | undefined> {
  try {
    return Number(await readFile(`/sys/class/net/${name}/ifindex`, "utf8"));
  } catch {
    return undefined;
  }
}
