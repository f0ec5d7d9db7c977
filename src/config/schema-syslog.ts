import { z } from "zod";
import { port } from "./schema-common.ts";

/** `syslog:`. */
export const syslogSchema = z
  .union([z.boolean(), z.strictObject({ port: port("UDP port to hear syslog at.", 514).optional() })])
  .meta({
    description:
      "Whether to hear syslog (RFC 3164, RFC 5424) of machines and write it into their timelines; machines of the config are then told by DHCP where to send it. `true`, or the port.",
    default: false,
  });
