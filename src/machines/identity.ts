import type { Mac } from "../net/mac.ts";
import type { Reassignment } from "./ports.ts";

/** What tells a machine of the config: its name is the admin's, its MAC belongs to the hardware. */
export interface Identity {
  readonly name: string;
  readonly mac: Mac;
}

/**
 * Which record belongs to which machine of the config, after the config has changed. A record follows its MAC first: the
 * disk that it speaks of is behind that card, whatever the machine is called today, and a new name must not arm it. A
 * record whose MAC has left the config stays with its name: a new card in an installed machine must not arm it either.
 *
 * A record that nobody claims is kept. When its name is needed for another machine, it is parked under a name that no
 * config can contain, and found again when its MAC comes back.
 */
export function reassignments(
  records: readonly Identity[],
  hosts: readonly Identity[],
): readonly Reassignment[] {
  const hostByMac = new Map(hosts.map((host) => [host.mac, host]));
  const hostByName = new Map(hosts.map((host) => [host.name, host]));
  const recordMacs = new Set(records.map((record) => record.mac));
  const moves: Reassignment[] = [];
  for (const record of records) {
    const byMac = hostByMac.get(record.mac);
    const byName = hostByName.get(record.name);
    if (byMac) {
      if (byMac.name !== record.name) moves.push({ from: record.name, ...pick(byMac) });
    } else if (byName) {
      // The namesake may have a record of its own, by its MAC: then this one has lost its name.
      const taken = recordMacs.has(byName.mac);
      moves.push({
        from: record.name,
        ...(taken ? { name: parkedName(record), mac: record.mac } : pick(byName)),
      });
    }
  }
  return moves;
}

function parkedName(record: Identity): string {
  return `${record.name.replace(/~.*$/, "")}~${record.mac}`;
}

function pick(host: Identity): Identity {
  return { name: host.name, mac: host.mac };
}
