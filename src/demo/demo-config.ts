import { basename, dirname } from "node:path";
import { stringify } from "yaml";
import type { CloudImage } from "./cloud-image.ts";

/** The private network of the demo. */
export const SERVER_ADDRESS = "10.77.0.1";
const PREFIX = 24;
export const SERVER_WITH_PREFIX = `${SERVER_ADDRESS}/${PREFIX}`;

/** The machine of the demo. */
export const MACHINE = { name: "web-1", mac: "52:54:00:77:00:01", user: "demo" } as const;

/** The demo's `bootwire.yaml`: what an admin with one disk image and one machine would write. */
export function demoConfig(options: { readonly bridge: string; readonly image: CloudImage }): string {
  const { bridge, image } = options;
  return stringify({
    interface: bridge,
    dhcp: {
      mode: "server",
      subnets: [{ cidr: "10.77.0.0/24", pool: "10.77.0.100-10.77.0.199", router: SERVER_ADDRESS }],
    },
    state: "./state",
    media: dirname(image.path),
    defaults: { locale: "C.UTF-8", users: [{ name: MACHINE.user, sudo: true }], guestAgent: false },
    profiles: { "small-debian": { installer: "image", image: basename(image.path), sha256: image.sha256 } },
    hosts: [{ name: MACHINE.name, mac: MACHINE.mac, profile: "small-debian", address: "10.77.0.10" }],
  });
}
