import { z } from "zod";
import { oneOrMany, rawOptions, textField } from "./fields.ts";
import { readCidr, readRange } from "./read-network.ts";
import { readDuration, readWord } from "./read-text.ts";
import { addressField, domainField } from "./schema-common.ts";

const subnetSchema = z
  .strictObject({
    cidr: textField({ description: "The network.", examples: ["10.0.0.0/24"] }, readCidr),
    pool: oneOrMany(
      textField(
        {
          description: "Addresses for machines without a reservation, first and last included.",
          examples: ["10.0.0.100-10.0.0.199"],
        },
        readRange,
      ),
    ).optional(),
    router: addressField("Default gateway of the machines.", "10.0.0.1").optional(),
    dns: oneOrMany(addressField("Name server of the machines.", "10.0.0.1")).optional(),
    domain: domainField.optional(),
    leaseTime: textField(
      { description: "How long an address is given for.", examples: ["12h"], default: "12h" },
      (text) => readDuration(text, 60, 365 * 86_400, "1m to 365d"),
    ).optional(),
    sharedNetwork: textField(
      {
        description:
          "Subnets that have the same word here lie on one wire: a machine there may get an address of any of them.",
        examples: ["office"],
      },
      readWord,
    ).optional(),
    options: rawOptions.optional(),
  })
  .meta({ description: "A network that the DHCP server serves." });

/** The `dhcp` section. */
export const dhcpSchema = z
  .strictObject({
    mode: z
      .enum(["proxy", "server", "off"])
      .meta({
        description:
          "`proxy`: another DHCP server gives addresses, Bootwire adds what to boot. `server`: Bootwire gives addresses; there must be no other. `off`: neither.",
        default: "proxy",
      })
      .optional(),
    unknownHosts: z
      .enum(["ignore", "lease", "register"])
      .meta({
        description:
          "What a machine that is not in `hosts` gets: nothing, an address only (server mode), or a screen that shows how to register it.",
        default: "ignore",
      })
      .optional(),
    authoritative: z
      .boolean()
      .meta({
        description: "Server mode: whether to refuse (NAK) addresses of other networks that clients ask for.",
        default: false,
      })
      .optional(),
    probe: z
      .boolean()
      .meta({
        description:
          "Server mode: whether to look for an address on the wire (by ARP, behind a relay by ICMP echo) before a machine is offered it that did not have it before.",
        default: true,
      })
      .optional(),
    skipIpv6Wait: z
      .boolean()
      .meta({
        description:
          "Whether to spare iPXE its wait of some 16 s for an IPv6 router: a machine that boots is told, in a frame for it alone, that there is none to wait for.",
        default: true,
      })
      .optional(),
    quarantine: textField(
      {
        description: "Server mode: how long an address is kept back that was found in use by a stranger.",
        examples: ["1h"],
        default: "1h",
      },
      (text) => readDuration(text, 60, 30 * 86_400, "1m to 30d"),
    ).optional(),
    subnets: z.array(subnetSchema).meta({ description: "Server mode: the networks to serve." }).optional(),
  })
  .meta({ description: "How Bootwire takes part in DHCP." });
