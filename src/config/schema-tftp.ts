import { z } from "zod";
import { textField } from "./fields.ts";
import { readCidr } from "./read-network.ts";
import { readPortRange, readSize } from "./read-text.ts";
import { folder, port } from "./schema-common.ts";

const count = (description: string, fallback: number, max: number) =>
  z.int().min(1).max(max).meta({ description, default: fallback }).optional();

/** `tftp:`. Defaults that are left out here are the TFTP library's own. */
export const tftpSchema = z.strictObject({
  port: port("UDP port. Firmware asks at 69 and nowhere else.", 69).optional(),
  root: folder("Folder of further files to serve beside the loaders.").optional(),
  ignoreCase: z
    .boolean()
    .meta({ description: "Whether names in `root` match whatever their case.", default: false })
    .optional(),
  ports: textField(
    {
      description: "Ports that transfers answer from, for firewalls; any when it is left out.",
      examples: ["50000-50199"],
    },
    readPortRange,
  ).optional(),
  singlePort: z
    .boolean()
    .meta({
      description: "Whether all transfers share the request port, for NAT and containers.",
      default: false,
    })
    .optional(),
  allow: z
    .array(textField({ description: "Network that may ask.", examples: ["10.0.0.0/8"] }, readCidr))
    .meta({ description: "Networks that may ask; every one when it is left out." })
    .optional(),
  transfers: count("Transfers at a time, in all.", 2048, 65_535),
  transfersPerClient: count("Transfers at a time for one address.", 512, 65_535),
  requestsPerSecond: count("Requests a second that one address may make.", 500, 1_000_000),
  windowSize: count("Largest window (RFC 7440) to agree to, in blocks.", 64, 65_535),
  memory: textField(
    {
      description: "Memory for the content of files in transfer, in all.",
      examples: ["64MiB"],
      default: "64MiB",
    },
    readSize,
  ).optional(),
});
