import type { Templates } from "../templates/templates.ts";
import type { InstallView } from "./view.ts";

/** A file of the installed system's network settings. */
export interface NetworkFile {
  readonly file: string;
  readonly text: string;
}

/** The network below the address, by the names that the config gives it: the card, a bond of all cards, a VLAN. */
export interface Links {
  /** What a VLAN lies on, or what carries the address itself: `card` stands for the card that booted. */
  readonly base: "card" | "bond0";
  /** What carries the address. */
  readonly link: string;
}

export function linksOf({ network }: InstallView): Links {
  const base = network.bond === null ? "card" : "bond0";
  return { base, link: network.vlan === null ? base : `vlan${network.vlan}` };
}

/**
 * systemd-networkd's files. None for a card with DHCP, where the system does that by itself; with `always`, that is
 * written too.
 */
export function networkdFiles(
  view: InstallView,
  templates: Templates,
  { always }: { readonly always: boolean },
): readonly NetworkFile[] {
  const { network } = view;
  const { base, link } = linksOf(view);
  if (!always && base === "card" && link === "card" && !network.static) return [];
  const render = (file: string, template: string, byMac: boolean): NetworkFile => ({
    file,
    text: templates.render(`shared/networkd/${template}.hbs`, { ...view, base, link, byMac }),
  });
  const files: NetworkFile[] = [];
  if (network.bond !== null) {
    files.push(
      render("10-bond0.netdev", "bond.netdev", false),
      render("10-ports.network", "ports.network", false),
    );
  }
  if (network.vlan !== null) {
    files.push(
      render(`20-${link}.netdev`, "vlan.netdev", false),
      render(`20-${base}.network`, "below.network", base === "card"),
    );
  }
  files.push(render(`30-${link}.network`, "address.network", link === "card"));
  return files;
}
