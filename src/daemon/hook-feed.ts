import type { DhcpEvent } from "../dhcp/ports.ts";
import { type HookEvent, hookEventOf, toldOf } from "../hooks/event.ts";
import type { StoredEvent } from "../machines/ports.ts";
import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { RecentMap } from "../net/recent-map.ts";

/** Unknown machines, and addresses, to remember: those that were named longest ago are forgotten, and may be told again. */
const REMEMBERED = 5000;
/** What a machine does that tries to boot. */
const BOOTS = /^(dhcp|boot|tftp)\./;

/** Finds out what of all that happens is to be told to hooks. */
export class HookFeed {
  readonly #tell: (event: HookEvent) => void;
  readonly #strangers = new RecentMap<Mac, true>(REMEMBERED);
  readonly #owners = new RecentMap<Ipv4, Mac>(REMEMBERED);

  constructor(tell: (event: HookEvent) => void) {
    this.#tell = tell;
  }

  /** Something was written into a timeline. */
  onLine(line: StoredEvent): void {
    const told = hookEventOf(line);
    if (told) this.#tell(told);
    const { mac } = line;
    if (line.machine !== undefined || mac === undefined || !BOOTS.test(line.kind)) return;
    if (this.#strangers.get(mac)) return;
    this.#strangers.set(mac, true);
    this.#tell({
      ...toldOf("machine.unknown", line),
      text: `a machine that is not in the config: ${line.text}`,
    });
  }

  /** Something on the DHCP ports; `machine`: the name of whom it concerns. */
  onDhcp(event: DhcpEvent, machine: string | undefined, at: number): void {
    const { mac, address } = event;
    if (event.kind !== "ack" || mac === undefined || address === undefined) return;
    const owner = this.#owners.get(address);
    if (owner === mac) {
      this.#owners.set(address, owner);
      return;
    }
    this.#owners.set(address, mac);
    this.#tell({
      event: "lease.given",
      at,
      machine,
      mac,
      attempt: undefined,
      address: formatIpv4(address),
      text: `${machine ?? mac} has the address ${formatIpv4(address)}`,
      data: { interface: event.interface },
    });
  }
}
