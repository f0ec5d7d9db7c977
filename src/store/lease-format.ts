import type { Lease } from "../dhcp/ports.ts";
import { ipv4 } from "../net/ipv4.ts";
import { parseMac } from "../net/mac.ts";
import type { Format } from "./database.ts";
import { Row, unexpected } from "./row.ts";
import type { SqlValue } from "./sqlite.ts";

/** leases.db: one row for each address that was ever bound, released or declined. */
export const LEASE_FORMAT: Format = {
  holds: "DHCP leases",
  // "BWls"
  applicationId: 0x42576c73,
  remedy:
    "Without it Bootwire does not know which addresses are in use: clients keep theirs as soon as they renew, but until then an address may be offered twice.",
  migrations: [
    `
    CREATE TABLE leases (
      address INTEGER PRIMARY KEY,
      mac TEXT NOT NULL,
      client_id TEXT,
      host_name TEXT,
      state TEXT NOT NULL CHECK (state IN ('bound', 'released', 'declined')),
      -- milliseconds since the epoch
      expires_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;
    `,
  ],
};

export const LEASE_COLUMNS = [
  "address",
  "mac",
  "client_id",
  "host_name",
  "state",
  "expires_at",
  "updated_at",
] as const;

export function encodeLease(lease: Lease): SqlValue[] {
  return [
    lease.address,
    lease.mac,
    lease.clientId ?? null,
    lease.hostName ?? null,
    lease.state,
    lease.expiresAt,
    lease.updatedAt,
  ];
}

export function decodeLease(values: unknown): Lease {
  const row = new Row(values);
  const address = row.integer("address");
  const mac = parseMac(row.text("mac"));
  if (mac === undefined) throw unexpected("mac", row.text("mac"));
  if (address < 0 || address > 0xffffffff) throw unexpected("address", address);
  return {
    address: ipv4(address),
    mac,
    clientId: row.optionalText("client_id"),
    hostName: row.optionalText("host_name"),
    state: row.word("state", ["bound", "released", "declined"]),
    expiresAt: row.integer("expires_at"),
    updatedAt: row.integer("updated_at"),
  };
}
