// Child of store-machines.test.ts: lives the lives of a few machines as fast as it can, and says after each answer
// what it has answered. Usage: store-machine-writer.mjs <state folder>
import { writeSync } from "node:fs";
import { Machines } from "../../dist/machines/machines.js";
import { cryptoIds, systemSchedule } from "../../dist/machines/shell.js";
import { openState } from "../../dist/store/state.js";

const attempts = { limit: 3, timeout: 3600, onFailure: "local" };
const hosts = Array.from({ length: 5 }, (_, n) => ({
  name: `vm${n}`,
  mac: `52:54:00:00:00:0${n}`,
  profile: { name: "trixie", installer: "image", attempts },
  install: "once",
}));

const state = await openState(process.argv[2], { now: Date.now, token: cryptoIds.token });
const machines = new Machines({
  store: state.machines,
  hosts,
  now: Date.now,
  ids: cryptoIds,
  schedule: systemSchedule,
  onError: (error) => {
    throw error;
  },
});

function say(answer) {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}

for (let round = 0; ; round++) {
  for (const host of hosts) {
    machines.record({
      at: Date.now(),
      mac: host.mac,
      machine: undefined,
      attempt: undefined,
      kind: "dhcp.offer",
      text: "offered",
      data: undefined,
    });
    machines.reinstall(host.name);
    say({ machine: host.name, state: "ready" });
    const outcome = machines.networkBoot(host, "uefi");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    const { id, token } = outcome.attempt;
    say({ machine: host.name, state: "installing", attempt: id, token, phase: "running" });
    machines.callback(token, { kind: "progress", percent: round % 100, text: undefined });
    machines.callback(token, { kind: "failed", reason: `round ${round}`, log: `log ${round}` });
    say({ machine: host.name, state: "failed", attempt: id, token, phase: "failed", log: `log ${round}` });
    machines.reinstall(host.name);
    const again = machines.networkBoot(host, "uefi");
    machines.callback(again.attempt.token, { kind: "done" });
    say({
      machine: host.name,
      state: "installed",
      attempt: again.attempt.id,
      token: again.attempt.token,
      phase: "finishing",
    });
  }
  // Let the timers run, as a daemon would.
  await new Promise((resolve) => setImmediate(resolve));
}
