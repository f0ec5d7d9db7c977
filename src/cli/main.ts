#!/usr/bin/env -S node --max-semi-space-size=2
import { VERSION } from "../version.ts";
import { runCli } from "./cli.ts";
import { processIo } from "./io.ts";

// `bootwire events | head` closes our output early, which is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), processIo(), VERSION);
