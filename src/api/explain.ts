import { z } from "zod";
import { macText, named, PLAIN } from "./schema.ts";

/** The steps of a network boot, as they can be asked for one by one. */
export const STEPS = ["dhcp", "tftp", "script", "answers"] as const;
export type StepKind = (typeof STEPS)[number];

/** What boots: firmware by its kind and, for UEFI, the way that it fetches. */
export const FIRMWARES = ["bios", "uefi", "uefi-http"] as const;
export type FirmwareKind = (typeof FIRMWARES)[number];

export const LOADERS = ["ipxe", "pxelinux", "grub"] as const;

const bytesSchema = z.object({
  size: z.number(),
  sha256: z.string(),
  hex: z
    .string()
    .nullable()
    .meta({ description: "The bytes themselves, where they are few: a DHCP message." }),
});

const stepSchema = z.object({
  step: z.enum(STEPS),
  title: z.string().meta({ description: "What asks for what." }),
  outcome: z.string().meta({ description: "What it gets, and why." }),
  answered: z.boolean().meta({ description: "Whether it gets something at all." }),
  file: z.string().nullable().meta({ description: "The file that is named or sent." }),
  details: z
    .array(z.string())
    .meta({ description: "What is in it, line by line: a DHCP message dissected." }),
  text: z.string().nullable().meta({ description: "The text that is sent: a script, an answer." }),
  bytes: bytesSchema.nullable(),
});

/** What a machine would be answered at each step of a network boot, and why. */
export const explanationSchema = named(
  "Explanation",
  z.object({
    mac: macText,
    machine: z.string().nullable().meta({ description: "Null: not in the config." }),
    firmware: z.enum(FIRMWARES),
    source: z
      .enum(["daemon", "files"])
      .meta({ description: "Who was asked: the running daemon, or what lies in the files." }),
    notes: z.array(z.string()).meta({ description: "What the reader should know beforehand." }),
    steps: z.array(stepSchema),
  }),
);

export type Explanation = z.output<typeof explanationSchema>;
export type ExplainedStep = z.output<typeof stepSchema>;
export type ExplainedBytes = z.output<typeof bytesSchema>;

export const explainMachine = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/explain/:machine",
  summary: "What a machine would be answered at each step of a network boot, and why; nothing changes",
  params: z.object({
    machine: z
      .string()
      .min(1)
      .meta({ description: "A name, or a MAC: it may be one that the config does not know." }),
  }),
  query: z.object({
    firmware: z.enum(FIRMWARES).optional(),
    loader: z.enum(LOADERS).optional(),
    step: z.enum(STEPS).optional().meta({ description: "This step alone." }),
    secrets: z
      .stringbool()
      .default(false)
      .meta({ description: "Tokens and hashes of passwords as they are; otherwise they are masked." }),
  }),
  response: explanationSchema,
  errors: ["BW_MACHINE_UNKNOWN"],
} as const;

export type ExplainQuery = z.output<typeof explainMachine.query>;
