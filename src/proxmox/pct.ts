import type { HostConfig } from "../config/model.ts";
import { BootwireError } from "../errors.ts";
import { KEY_FILE, type ProxmoxScript } from "./command.ts";
import { ipConfig, resolverOptions, tagOf } from "./network.ts";
import { idOf } from "./qm.ts";

/** MiB. */
const DEFAULT_MEMORY = 1024;

/** GiB. */
const DEFAULT_DISK = 8;

/**
 * How a container is made. Its address is the reservation's, by DHCP or fixed; it never boots from the network. Throws
 * BW_GUEST for what is no container, or says nothing of its template.
 */
export function pctScript(host: HostConfig): ProxmoxScript {
  const { guest, system } = host;
  if (guest.kind !== "lxc") {
    throw new BootwireError(
      "BW_GUEST",
      `${host.name} is no container`,
      `Use \`bootwire qm ${host.name}\`, or write kind: lxc.`,
    );
  }
  if (guest.osTemplate === undefined) {
    throw new BootwireError(
      "BW_GUEST",
      `nothing says which template ${host.name} is made from`,
      "Write guest: {osTemplate: …} with a volume that `pveam list local` shows.",
    );
  }
  const keys = system.users.find((user) => user.name === "root")?.sshKeys ?? system.users[0]?.sshKeys ?? [];
  const card = `name=eth0,bridge=${guest.bridge}${tagOf(host)},hwaddr=${host.mac.toUpperCase()},${ipConfig(host)}`;
  return {
    commands: [
      {
        program: "pct",
        verb: "create",
        operands: [idOf(host), guest.osTemplate],
        options: [
          ["hostname", host.name],
          ["unprivileged", "1"],
          ["memory", String(guest.memory ?? DEFAULT_MEMORY)],
          ["cores", String(guest.cores)],
          ["rootfs", `${guest.storage}:${guest.diskSize ?? DEFAULT_DISK}`],
          ["net0", card],
          ...resolverOptions(host),
          ...(keys.length > 0 ? [["ssh-public-keys", KEY_FILE] as const] : []),
        ],
      },
    ],
    sshKeys: keys,
  };
}
