import { FolderSource } from "../tftp/folder-source.ts";
import { TftpServer } from "../tftp/server.ts";

// `node tftp-serve.js <address> <port> <folder> [workers]`: the TFTP library alone, without the rest of the daemon. Says
// on one line of JSON what it listens at and how it works, and then what was fetched whole; what fails goes to stderr. SIGTERM ends it.

const [address = "127.0.0.1", port = "69", folder = ".", workers] = process.argv.slice(2);
const server = new TftpServer({
  addresses: [address],
  port: Number(port),
  source: new FolderSource(folder),
  observer: {
    onEvent: (event) => {
      if (event.kind === "failed" || event.kind === "refused") console.error(JSON.stringify(event));
      if (event.kind === "completed") console.log(JSON.stringify(event));
    },
  },
  ...(workers === undefined ? {} : { workers: Number(workers) }),
});
await server.start();
console.log(JSON.stringify({ port: server.addresses()[0]?.port, description: server.description() }));
const end = () => {
  server.close().catch((error: unknown) => console.error(error));
};
process.on("SIGTERM", end);
process.on("SIGINT", end);
