import { z } from "zod";
import { instant, macText, named, PLAIN } from "./schema.ts";

export const leasesSchema = named(
  "Leases",
  z.object({
    leases: z.array(
      z.object({
        address: z.string(),
        mac: macText,
        machine: z.string().nullable().meta({ description: "Its name in the config." }),
        hostName: z.string().nullable().meta({ description: "What it calls itself." }),
        state: z.enum(["bound", "expired", "released", "declined"]),
        expiresAt: instant,
        updatedAt: instant,
      }),
    ),
    total: z.number().meta({ description: "All that there are; the list may be cut." }),
  }),
);

export const listLeases = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/leases",
  summary: "The addresses that were given, by address",
  query: z.object({ limit: z.coerce.number().int().min(1).max(5000).default(1000) }),
  response: leasesSchema,
} as const;

export const unknownSchema = named(
  "UnknownMachines",
  z.object({
    machines: z.array(
      z.object({
        mac: macText,
        firmware: z.enum(["bios", "uefi"]).nullable(),
        arch: z.number().nullable().meta({ description: "Client architecture (DHCP option 93)." }),
        vendorClass: z.string().nullable().meta({ description: "DHCP option 60." }),
        userClass: z.string().nullable().meta({ description: "DHCP option 77." }),
        address: z.string().nullable(),
        firstSeen: instant,
        lastSeen: instant,
        count: z.number().meta({ description: "How often it was noticed." }),
        yaml: z.string().meta({ description: "The lines for `hosts:` in the config." }),
      }),
    ),
  }),
);

export const listUnknown = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/unknown",
  summary: "Machines that boot from the network and are not in the config, the latest first",
  response: unknownSchema,
} as const;

const transfer = z.object({
  id: z.number(),
  protocol: z.enum(["tftp", "http"]),
  path: z.string(),
  client: z.string().meta({ description: "Address." }),
  machine: z.string().nullable(),
  mac: macText.nullable(),
  bytes: z.number(),
  size: z.number(),
  startedAt: instant,
});

const throughput = z
  .object({
    until: instant.meta({ description: "The end of the last step." }),
    step: z.number().meta({ description: "Milliseconds." }),
    tftp: z.array(z.number()).meta({ description: "Bytes in each step, the oldest first." }),
    http: z.array(z.number()).meta({ description: "Bytes in each step, the oldest first." }),
  })
  .meta({ description: "What was sent in the last minutes." });

export const transfersSchema = named("Transfers", z.object({ transfers: z.array(transfer), throughput }));

export const listTransfers = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/transfers",
  summary: "Transfers under way, and the throughput of the last ten minutes",
  response: transfersSchema,
} as const;

export const mediaSchema = named(
  "Media",
  z.object({
    folder: z.string(),
    files: z.array(
      z.object({
        path: z.string().meta({ description: "Below the media folder." }),
        size: z.number(),
        modifiedAt: instant,
        profiles: z.array(z.string()).meta({ description: "Profiles that need it." }),
      }),
    ),
    missing: z.array(z.object({ path: z.string(), profiles: z.array(z.string()) })).meta({
      description: "What profiles need and is not there.",
    }),
    isCut: z.boolean().meta({ description: "Whether there are more files than are listed." }),
  }),
);

export const listMedia = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/media",
  summary: "The files of the media folder, and which profiles need them",
  response: mediaSchema,
} as const;
