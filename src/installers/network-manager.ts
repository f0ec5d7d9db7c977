import type { Templates } from "../templates/templates.ts";
import { linksOf, type NetworkFile } from "./networkd.ts";
import type { InstallView } from "./view.ts";

/** NetworkManager's keyfiles (Fedora CoreOS). None for a card with DHCP: that is what the system does by itself. */
export function networkManagerFiles(view: InstallView, templates: Templates): readonly NetworkFile[] {
  const { network } = view;
  const { base, link } = linksOf(view);
  if (base === "card" && link === "card" && !network.static) return [];
  // A VLAN names what it lies on by this, since nobody knows what the kernel calls the card.
  const uuid = `00000000-0000-4000-8000-${view.mac.replaceAll(":", "")}`;
  const ip = (of: string) => {
    const part = of === link ? "ip" : "noip";
    return templates.render(`coreos/network/${part}.hbs`, view);
  };
  const render = (file: string, template: string, of: string, port = ""): NetworkFile => ({
    file: `${file}.nmconnection`,
    text: templates.render(`coreos/network/${template}.nmconnection.hbs`, {
      ...view,
      link,
      uuid,
      port,
      ip: ip(of),
    }),
  });
  const files =
    base === "card"
      ? [render("card", "card", base)]
      : [
          render("bond0", "bond", base),
          ...network.macs.map((mac, index) => render(`port${index}`, "port", "", mac)),
        ];
  if (network.vlan !== null) files.push(render(link, "vlan", link));
  return files;
}
