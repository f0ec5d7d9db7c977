import fc from "fast-check";
import { expect, test } from "vitest";
import { Allocator } from "../../../src/dhcp/allocator.ts";
import type { Lease } from "../../../src/dhcp/ports.ts";
import { ScopeIndex } from "../../../src/dhcp/subnet.ts";
import { type Ipv4, ipv4 } from "../../../src/net/ipv4.ts";
import { directory, NOW, subnet } from "../../unit/dhcp/engine-bench.ts";
import { ip, mac } from "../../unit/dhcp/packets.ts";

const FIRST = ip("10.0.0.10");
const POOL = 4;
const one = subnet({ pool: [["10.0.0.10", "10.0.0.13"]] });
const scope = new ScopeIndex([one]).at(ip("10.0.0.1"));
if (!scope) throw new Error("no scope");
const settings = { subnets: [one], hosts: directory([]), excluded: new Set<Ipv4>() };
const stranger = { mac: mac("52:54:00:00:00:99"), clientId: undefined };

const happening = fc.record({
  kind: fc.constantFrom("offer", "withdraw", "bound", "released", "declined", "reconfigure", "pick"),
  address: fc.nat(POOL - 1),
  client: fc.nat(5),
  /** Seconds that pass before, and that it lasts. */
  after: fc.nat(30),
  lasts: fc.nat(60),
});

test("whatever was offered, taken and given back: a free address is found, if and only if there is one", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const table = new Allocator(settings);
      let now = NOW;
      for (const { kind, client, after, lasts, ...said } of happenings) {
        now += after * 1000;
        const address = ipv4(FIRST + said.address);
        const identity = { mac: mac(`52:54:00:00:00:0${client}`), clientId: undefined };
        const until = now + lasts * 1000;
        // As the server does: nobody gets what is another's.
        const free = table.verdict(address, identity, scope, now).free;
        const lease = (state: Lease["state"]): Lease => ({
          ...identity,
          address,
          hostName: undefined,
          state,
          expiresAt: until,
          updatedAt: now,
        });
        if (kind === "reconfigure") table.reconfigure(settings);
        else if (kind === "withdraw") table.apply({ kind, identity });
        else if (kind === "offer" && free) table.apply({ kind, offer: { address, identity, until } });
        else if (kind === "bound" && free) table.apply({ kind: "lease", lease: lease(kind) });
        else if (kind === "released" && table.lease(address)?.mac === identity.mac) {
          table.apply({ kind: "lease", lease: lease(kind) });
        } else if (kind === "declined") table.apply({ kind: "lease", lease: lease(kind) });
        const isFree = (index: number) => table.verdict(ipv4(FIRST + index), stranger, scope, now).free;
        const picked = table.pick(stranger, scope, now);
        expect(picked !== undefined).toBe([0, 1, 2, 3].some(isFree));
        if (picked !== undefined) expect(isFree(picked - FIRST)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
