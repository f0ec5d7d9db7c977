import { z } from "zod";

const pemFile = (what: string, example: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${what} Relative to the folder of this file.`, examples: [example] });

/** `admin.tls:`. */
export const tlsSchema = z
  .strictObject({
    certificate: pemFile(
      "PEM file of the certificate, followed by those between it and its authority.",
      "/etc/bootwire/fullchain.pem",
    ),
    key: pemFile("PEM file of its private key, not encrypted.", "/etc/bootwire/privkey.pem"),
  })
  .meta({
    description:
      "Serves the admin interface by TLS (1.2 or newer) alone. Both files are watched: a renewed certificate is taken up without a restart.",
  });
