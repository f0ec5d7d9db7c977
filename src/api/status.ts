import { z } from "zod";
import { instant, named, PLAIN } from "./schema.ts";

export const otherServerSchema = z.object({
  address: z.string(),
  interface: z.string(),
  name: z.string().nullable().meta({ description: "From the config or the DNS." }),
  mac: z.string().nullable(),
  firstHeard: instant,
  lastHeard: instant,
});

export const statusSchema = named(
  "Status",
  z.object({
    version: z.string(),
    guarded: z.boolean().meta({
      description: "The state was found lost: no machine is installed until the admin decides.",
    }),
    config: z.string().meta({ description: "Path of the config." }),
    refused: z
      .object({ at: instant, code: z.string(), message: z.string(), hint: z.string() })
      .nullable()
      .meta({ description: "Why the config as it is in the file is not in force; the one before is." }),
    profiles: z.array(z.string()),
    startedAt: instant,
    listening: z.array(z.string()).meta({ description: "What is listening, for people." }),
    otherDhcpServers: z.array(otherServerSchema).meta({
      description:
        "DHCP servers of others that were heard on our wires: in proxy mode the one that gives the addresses.",
    }),
  }),
);

const dhcpCounter = z.object({
  message: z.string().meta({ description: "What came: `discover`, `request` …, `bootp`, `malformed`." }),
  outcome: z.string().meta({ description: "What became of it: `offer`, `ack`, `silent` …" }),
  reason: z.string().nullable().meta({
    description: "Why, in one word that never changes; null where there was nothing to decide.",
  }),
  count: z.number(),
});

const tftpTransfers = z.object({
  outcome: z.enum(["completed", "aborted", "failed"]).meta({
    description: "`aborted`: by the client's own wish, as after a question for the size.",
  }),
  transfers: z.number(),
  bytes: z.number().meta({ description: "What clients acknowledged." }),
  blocks: z.number(),
  retransmissions: z.number().meta({ description: "Packets sent more than once." }),
  milliseconds: z.number().meta({ description: "From request to end." }),
});

export const countersSchema = named(
  "Counters",
  z.object({
    dhcp: z
      .array(dhcpCounter)
      .meta({ description: "How often the DHCP server decided something since it started." }),
    tftp: z
      .object({
        running: z.number().meta({ description: "Transfers under way." }),
        requests: z.number(),
        transfers: z.array(tftpTransfers).meta({ description: "Those that ended, by how." }),
        refusals: z.array(
          z.object({
            cause: z.string().meta({
              description: "`not-found`, `rate` …, one word that never changes.",
            }),
            requests: z.number(),
          }),
        ),
      })
      .meta({ description: "What the TFTP server did since it started." }),
  }),
);

export const reloadSchema = named(
  "Reload",
  z.object({
    changed: z.boolean(),
    notes: z.array(z.string()).meta({ description: "What was taken up, and what waits for a restart." }),
  }),
);

export const acceptBody = named(
  "AcceptState",
  z.object({
    unseen: z.enum(["arm", "keep"]).meta({
      description:
        "`arm`: a new lab, machines that were never seen may be installed. `keep`: they count as installed.",
    }),
  }),
);

export const acceptedSchema = named(
  "Accepted",
  z.object({
    armed: z.array(z.string()).meta({ description: "Their next network boot installs." }),
    kept: z.array(z.string()).meta({ description: "They count as installed." }),
  }),
);

export const sessionBody = named("Login", z.object({ token: z.string().max(1000) }));

export const sessionSchema = named(
  "Session",
  z.object({ expiresAt: instant.nullable().meta({ description: "Null: it has ended." }) }),
);

export const getStatus = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/status",
  summary: "The daemon itself",
  response: statusSchema,
} as const;

export const getCounters = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/counters",
  summary: "What was decided how often",
  response: countersSchema,
} as const;

export const reloadConfig = {
  ...PLAIN,
  method: "POST",
  path: "/api/v1/reload",
  summary: "Read the config again; it is taken up whole, or refused whole",
  response: reloadSchema,
  errors: ["BW_CONFIG_INVALID"],
} as const;

export const acceptState = {
  ...PLAIN,
  method: "POST",
  path: "/api/v1/accept-state",
  summary: "The admin's word on a lost state",
  body: acceptBody,
  response: acceptedSchema,
} as const;

export const openSession = {
  ...PLAIN,
  method: "POST",
  path: "/api/v1/session",
  summary: "Log in with the token: gives a cookie for a browser",
  body: sessionBody,
  response: sessionSchema,
  errors: ["BW_LOGIN", "BW_LOGIN_TOO_OFTEN"],
  isOpen: true,
} as const;

export const closeSession = {
  ...PLAIN,
  method: "DELETE",
  path: "/api/v1/session",
  summary: "Log out",
  response: sessionSchema,
} as const;
