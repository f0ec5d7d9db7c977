import { z } from "zod";
import { oneOrMany, rawOptions, textField } from "./fields.ts";
import { guestIdentity } from "./guest.ts";
import { profileSchema } from "./profiles/registry.ts";
import { readIpv4Address, readListen, readMac } from "./read-network.ts";
import { readHostName, readInterface, readProfileName } from "./read-text.ts";
import { addressField, commonSettings, folder, hostNetwork, port } from "./schema-common.ts";
import { dhcpSchema } from "./schema-dhcp.ts";
import { hooksSchema } from "./schema-hooks.ts";
import { syslogSchema } from "./schema-syslog.ts";
import { tftpSchema } from "./schema-tftp.ts";
import { tlsSchema } from "./schema-tls.ts";

/*
 * What an admin writes, and what an editor shows while he does. Each field reads its own text (read-*.ts) and says in
 * its own words what is wrong. What takes two places to be wrong is in check-*.ts; what follows from leaving something
 * out is in resolve.ts.
 */

const hostSchema = z
  .strictObject({
    name: textField({ description: "Host name, without the domain.", examples: ["web-1"] }, readHostName),
    mac: textField(
      {
        description: "MAC of the network card that the machine boots from.",
        examples: ["52:54:00:12:34:56"],
      },
      readMac,
    ),
    ...guestIdentity,
    otherMacs: oneOrMany(
      textField(
        {
          description: "MAC of a further network card, which the machine does not boot from.",
          examples: ["52:54:00:12:34:57"],
        },
        readMac,
      ),
    )
      .meta({ description: "The machine's further network cards, for bonds and for installers that look." })
      .optional(),
    profile: z
      .string()
      .meta({ description: "What to install: a name of `profiles`. Without it: a reservation only." })
      .optional(),
    address: addressField("Address that is reserved for this machine (server mode).", "10.0.0.5").optional(),
    options: rawOptions.optional(),
    ...commonSettings,
    network: hostNetwork.optional(),
  })
  .meta({ description: "A machine." });

/** The whole of `bootwire.yaml`. */
export const fileSchema = z
  .strictObject({
    interface: oneOrMany(
      textField(
        { description: "Network interface to serve, by name or address.", examples: ["eth0", "vmbr0"] },
        readInterface,
      ),
    )
      .meta({ description: "Interfaces to serve; all that have an IPv4 address when it is left out." })
      .optional(),
    advertise: textField(
      {
        description:
          "Address that machines fetch from; the address of the interface that heard them when it is left out.",
        examples: ["10.0.0.2"],
      },
      readIpv4Address,
    ).optional(),
    dhcp: dhcpSchema.optional(),
    tftp: tftpSchema.optional(),
    http: z.strictObject({ port: port("TCP port that machines fetch from.", 8080).optional() }).optional(),
    admin: z
      .strictObject({
        listen: textField(
          {
            description: "Address and port of the admin interface.",
            examples: ["127.0.0.1:8081"],
            default: "127.0.0.1:8081",
          },
          readListen,
        ).optional(),
        metrics: z
          .enum(["token", "open"])
          .meta({
            description:
              "Who may read `/metrics`: `token`, whoever sends the admin's token; `open`, everybody who reaches the port.",
            default: "token",
          })
          .optional(),
        tls: tlsSchema.optional(),
      })
      .optional(),
    hooks: hooksSchema.optional(),
    syslog: syslogSchema.optional(),
    state: folder("Folder of Bootwire's memory: leases, machines, installs.", "./state").optional(),
    media: folder("Folder of kernels, installation discs and disk images.", "./media").optional(),
    templates: folder("Folder of templates of your own, which win over the built-in ones.").optional(),
    defaults: z
      .strictObject(commonSettings)
      .meta({ description: "Settings of all machines; profiles and hosts may differ." })
      .optional(),
    profiles: z
      .record(textField({ description: "Name of the profile." }, readProfileName), profileSchema)
      .meta({ description: "What can be installed, by name." })
      .optional(),
    hosts: z.array(hostSchema).meta({ description: "The machines, by MAC." }).optional(),
  })
  .meta({ title: "Bootwire", description: "Configuration of the Bootwire boot server (bootwire.yaml)." });

/** A config file as it was read: texts understood, defaults not yet filled in. */
export type ConfigFile = z.output<typeof fileSchema>;
export type HostFile = NonNullable<ConfigFile["hosts"]>[number];
export type SubnetFile = NonNullable<NonNullable<ConfigFile["dhcp"]>["subnets"]>[number];
export type DefaultsFile = NonNullable<ConfigFile["defaults"]>;
export type UserFile = NonNullable<DefaultsFile["users"]>[number];
export type HookFile = NonNullable<ConfigFile["hooks"]>[number];
