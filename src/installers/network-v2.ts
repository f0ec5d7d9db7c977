import type { Templates } from "../templates/templates.ts";
import type { InstallView, NetworkView } from "./view.ts";

/** Whether the system's address lies on something that is built upon its cards. */
export function isStacked(network: NetworkView): boolean {
  return network.bond !== null || network.vlan !== null;
}

/**
 * The installed system's network in version 2 of netplan and cloud-init, without a line break at its end. `setNames`:
 * cards get the names `eth0`, `eth1`, …; else these are only what the file calls them.
 */
export function networkV2(view: InstallView, templates: Templates, setNames: boolean): string {
  const { network } = view;
  const macs = network.bond === null ? network.macs.slice(0, 1) : network.macs;
  const cards = macs.map((mac, index) => ({ name: `eth${index}`, mac }));
  const own = { cards, cardNames: cards.map((card) => card.name), setNames, stacked: isStacked(network) };
  return templates.render("shared/network-v2.hbs", { ...view, ...own }).trimEnd();
}

/** Each line moved to the right by some blanks. */
export function indented(text: string, blanks: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(blanks));
}
