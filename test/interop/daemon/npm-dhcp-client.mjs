// The client of npm's dhcp: gets a lease and prints what it got. Arguments: its MAC and an address.
// It sets no broadcast flag and does not send option 50 of its own accord, so the address has to be on the interface.

import dhcp from "dhcp";

const [mac, address] = process.argv.slice(2);
const client = dhcp.createClient({ mac });
client._state.address = address;
client.on("error", (error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
// Nobody answered: say so rather than wait for ever.
const timer = setTimeout(() => {
  process.stderr.write("no lease after ten seconds\n");
  process.exit(1);
}, 10_000);
client.on("bound", (state) => {
  process.stdout.write(JSON.stringify(state));
  clearTimeout(timer);
  client.close();
});
client.listen(68, undefined, () => client.sendDiscover());
