import { z } from "zod";

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
  /** The bytes themselves, where they are few: a DHCP message. */
  hex: z.string().nullable(),
});

const stepSchema = z.object({
  step: z.enum(STEPS),
  /** What asks for what. */
  title: z.string(),
  /** What it gets, and why. */
  outcome: z.string(),
  /** Whether it gets something at all. */
  answered: z.boolean(),
  /** The file that is named or sent. */
  file: z.string().nullable(),
  /** What is in it, line by line: a DHCP message dissected. */
  details: z.array(z.string()),
  /** The text that is sent: a script, an answer. */
  text: z.string().nullable(),
  bytes: bytesSchema.nullable(),
});

/** What a machine would be answered at each step of a network boot, and why. */
export const explanationSchema = z.object({
  mac: z.string(),
  /** Null: not in the config. */
  machine: z.string().nullable(),
  firmware: z.enum(FIRMWARES),
  /** Who was asked: the running daemon, or what lies in the files. */
  source: z.enum(["daemon", "files"]),
  /** What the reader should know beforehand. */
  notes: z.array(z.string()),
  steps: z.array(stepSchema),
});

export type Explanation = z.output<typeof explanationSchema>;
export type ExplainedStep = z.output<typeof stepSchema>;
export type ExplainedBytes = z.output<typeof bytesSchema>;

/** What can be asked; over HTTP it comes as text. */
export const explainQuerySchema = z.object({
  firmware: z.enum(FIRMWARES).optional(),
  loader: z.enum(LOADERS).optional(),
  step: z.enum(STEPS).optional(),
  secrets: z.stringbool().default(false),
});

export type ExplainQuery = z.output<typeof explainQuerySchema>;
