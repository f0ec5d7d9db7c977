import type { Format } from "./database.ts";

/** state.db: machines, attempts and the timeline. Times are milliseconds since the epoch. */
export const STATE_FORMAT: Format = {
  holds: "machines and their installs",
  // "BWst"
  applicationId: 0x42577374,
  remedy:
    "Without it Bootwire does not know which machines are installed, so it starts guarded: every machine boots from its own disk until you say otherwise.",
  migrations: [
    `
    CREATE TABLE meta (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE machines (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      mac TEXT NOT NULL UNIQUE,
      state TEXT NOT NULL CHECK (state IN ('ready', 'installing', 'installed', 'failed')),
      -- installing, failed
      state_attempt TEXT,
      -- installed, failed
      since INTEGER,
      -- installed
      because TEXT CHECK (because IN ('done', 'admin', 'state-lost')),
      booted_from_disk INTEGER CHECK (booted_from_disk IN (0, 1)),
      -- failed
      reason TEXT,
      last_boot INTEGER,
      last_seen INTEGER
    ) STRICT;

    CREATE TABLE attempts (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      token TEXT NOT NULL UNIQUE,
      machine INTEGER NOT NULL REFERENCES machines (id),
      profile TEXT NOT NULL,
      firmware TEXT NOT NULL CHECK (firmware IN ('bios', 'uefi')),
      started_at INTEGER NOT NULL,
      phase TEXT NOT NULL CHECK (phase IN ('running', 'finishing', 'succeeded', 'failed', 'cancelled')),
      ended_at INTEGER,
      boots INTEGER NOT NULL,
      percent INTEGER,
      tries INTEGER NOT NULL,
      failure TEXT,
      failed_by TEXT CHECK (failed_by IN ('installer', 'limit', 'timeout')),
      log TEXT
    ) STRICT;
    CREATE INDEX attempts_of_machine ON attempts (machine, seq);
    -- Two live attempts would be two tokens that open one machine's answers: the database itself refuses that.
    CREATE UNIQUE INDEX one_live_attempt ON attempts (machine) WHERE phase IN ('running', 'finishing');

    -- AUTOINCREMENT: an id is never given twice, also when its event has been pruned.
    CREATE TABLE events (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      mac TEXT,
      machine TEXT,
      attempt TEXT,
      kind TEXT NOT NULL,
      text TEXT NOT NULL,
      -- a JSON object
      data TEXT
    ) STRICT;
    CREATE INDEX events_of_machine ON events (machine, id);
    -- Strangers are looked up by their MAC; whoever has a name is found by that, and each index costs time.
    CREATE INDEX events_of_stranger ON events (mac, id) WHERE machine IS NULL;
    `,
    `
    -- What running attempts are served from, by the SHA-256 of the text: a host as it was resolved, a set of templates.
    CREATE TABLE bases (
      digest TEXT PRIMARY KEY,
      text TEXT NOT NULL
    ) STRICT;
    ALTER TABLE attempts ADD COLUMN host_basis TEXT;
    ALTER TABLE attempts ADD COLUMN templates_basis TEXT;
    CREATE INDEX attempts_on_host ON attempts (host_basis) WHERE host_basis IS NOT NULL;
    CREATE INDEX attempts_on_templates ON attempts (templates_basis) WHERE templates_basis IS NOT NULL;
    `,
  ],
};
