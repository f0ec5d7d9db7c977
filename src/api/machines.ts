import { z } from "zod";
import { instant, macText, named, PLAIN } from "./schema.ts";

const firmware = z.enum(["bios", "uefi"]);
const loader = z.enum(["ipxe", "pxelinux", "grub"]);

export const attemptSchema = named(
  "Attempt",
  z.object({
    id: z.string(),
    phase: z.enum(["running", "finishing", "succeeded", "failed", "cancelled"]).meta({
      description: "`finishing`: the installer is done, the installed system has not called home yet.",
    }),
    percent: z.number().nullable(),
    boots: z.number().meta({ description: "Network boots that got the installer in this attempt." }),
    startedAt: instant,
    endedAt: instant.nullable(),
    failure: z.string().nullable(),
  }),
);

export const machineSchema = named(
  "Machine",
  z.object({
    name: z.string(),
    mac: macText,
    profile: z.string().nullable(),
    state: z.enum(["ready", "installing", "installed", "failed"]),
    next: z
      .enum(["install", "local", "hold", "nothing"])
      .meta({ description: "What a network boot would get now." }),
    reason: z.string().meta({ description: "Why it would get that." }),
    address: z.string().nullable().meta({ description: "Reserved address." }),
    currentAddress: z.string().nullable().meta({ description: "Address that it was last seen with." }),
    firmware: firmware.nullable().meta({ description: "As it showed itself, or as the config says." }),
    disk: z
      .string()
      .nullable()
      .meta({ description: "The disk that an install wipes; null: the machine's only one." }),
    lastSeen: instant.nullable(),
    attempt: attemptSchema.nullable().meta({ description: "The latest one." }),
  }),
);

export const machinesSchema = named("Machines", z.object({ machines: z.array(machineSchema) }));

const oldAttempt = named(
  "PastAttempt",
  z.object({
    ...attemptSchema.shape,
    profile: z.string(),
    firmware,
    hasLog: z.boolean().meta({ description: "Whether the installer sent a log." }),
  }),
);

export const attemptsSchema = named(
  "Attempts",
  z.object({ attempts: z.array(oldAttempt).meta({ description: "The newest first." }) }),
);

export const logSchema = named("AttemptLog", z.object({ log: z.string() }));

/** What the admin saw when he said yes: an order that means something else by now is refused. */
export const reinstallBody = named(
  "Reinstall",
  z.object({
    confirm: z
      .object({ disk: z.string().nullable(), profile: z.string().nullable() })
      .optional()
      .meta({ description: "What the admin was shown; refused when the config says something else by now." }),
  }),
);

const previewStep = z.object({
  firmware,
  runs: z.enum(["firmware", "ipxe"]).meta({ description: "What asks: the firmware, or an iPXE it started." }),
  outcome: z.enum(["boot", "none", "silent"]),
  file: z.string().nullable().meta({ description: "The boot file that DHCP names." }),
  reason: z.string(),
});

const previewFile = z.object({
  name: z.string(),
  kind: z.enum(["script", "answer"]),
  firmware,
  loader: loader.nullable(),
  contentType: z.string(),
  body: z.string(),
  problem: z.string().nullable().meta({ description: "Why it cannot be rendered." }),
});

export const previewSchema = named(
  "Preview",
  z.object({
    machine: z.string(),
    next: machineSchema.shape.next,
    reason: z.string(),
    steps: z.array(previewStep).meta({ description: "What DHCP answers, by firmware and by who asks." }),
    files: z
      .array(previewFile)
      .meta({ description: "Boot scripts and answers; tokens and password hashes are masked." }),
  }),
);

const name = z.string().min(1);
const byName = z.object({ name });
const machinesPath = "/api/v1/machines";

export const listMachines = {
  ...PLAIN,
  method: "GET",
  path: machinesPath,
  summary: "The machines of the config, and where each is in its life",
  response: machinesSchema,
} as const;

export const getMachine = {
  ...PLAIN,
  method: "GET",
  path: `${machinesPath}/:name`,
  summary: "One machine",
  params: byName,
  response: machineSchema,
  errors: ["BW_MACHINE_UNKNOWN"],
} as const;

export const reinstallMachine = {
  ...PLAIN,
  method: "POST",
  path: `${machinesPath}/:name/reinstall`,
  summary: "Arm a machine: its next network boot installs it again and wipes its disk",
  params: byName,
  body: reinstallBody.nullish(),
  response: machineSchema,
  errors: ["BW_MACHINE_UNKNOWN", "BW_MACHINE_NO_PROFILE", "BW_MACHINE_NEVER_INSTALLS", "BW_MACHINE_CHANGED"],
} as const;

export const localMachine = {
  ...PLAIN,
  method: "POST",
  path: `${machinesPath}/:name/local`,
  summary: "Take a machine as installed: it boots from its own disk",
  params: byName,
  response: machineSchema,
  errors: ["BW_MACHINE_UNKNOWN"],
} as const;

export const cancelMachine = {
  ...PLAIN,
  method: "POST",
  path: `${machinesPath}/:name/cancel`,
  summary:
    "End the install that is under way; the machine is held until it is told to reinstall or boot local",
  params: byName,
  response: machineSchema,
  errors: ["BW_MACHINE_UNKNOWN", "BW_MACHINE_NOT_INSTALLING"],
} as const;

export const listAttempts = {
  ...PLAIN,
  method: "GET",
  path: `${machinesPath}/:name/attempts`,
  summary: "The attempts of a machine, the newest first",
  params: byName,
  query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  response: attemptsSchema,
  errors: ["BW_MACHINE_UNKNOWN"],
} as const;

export const getAttemptLog = {
  ...PLAIN,
  method: "GET",
  path: `${machinesPath}/:name/attempts/:attempt/log`,
  summary: "What the installer of an attempt sent as its log",
  params: z.object({ name, attempt: z.string().min(1) }),
  response: logSchema,
  errors: ["BW_MACHINE_UNKNOWN", "BW_ATTEMPT_UNKNOWN", "BW_LOG_MISSING"],
} as const;

export const previewMachine = {
  ...PLAIN,
  method: "GET",
  path: `${machinesPath}/:name/preview`,
  summary: "What a machine would be served now: DHCP's answers, boot scripts, answer files",
  params: byName,
  query: z.object({ firmware: firmware.optional(), loader: loader.optional() }),
  response: previewSchema,
  errors: ["BW_MACHINE_UNKNOWN"],
} as const;
