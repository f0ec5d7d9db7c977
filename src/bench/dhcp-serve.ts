import { runDaemon } from "../daemon/daemon.ts";

// `node dhcp-serve.js <config> <milliseconds>`: the daemon as `bootwire serve` runs it, on a disk each of whose syncs takes so
// much longer.

const [configPath = "", delay = "0"] = process.argv.slice(2);
process.exitCode = await runDaemon({ configPath, leaseSyncDelay: Number(delay) });
