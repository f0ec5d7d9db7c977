// The client of npm's dhcp: gets a lease for the MAC that is its argument, and prints the address.
import dhcp from "dhcp";

const client = dhcp.createClient({ mac: process.argv[2] });
client.on("error", (error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
client.on("bound", (state) => {
  process.stdout.write(`bound ${state.address}\n`);
  client.close();
});
client.listen(68, undefined, () => client.sendDiscover());
