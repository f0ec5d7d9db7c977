// The client of npm's tftp2: fetches a file and writes it to stdout. Arguments: server, port, file.

import tftp from "tftp2";

const [server, port, file] = process.argv.slice(2);
const client = tftp(server, Number(port));
const parts = [];
await client.read(
  file,
  (data) => parts.push(data),
  () => process.stdout.write(Buffer.concat(parts).toString("hex")),
);
client.close();
