import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { PrivateNetwork } from "../../src/demo/namespace.ts";
import { runTool } from "../../src/demo/tools.ts";
import { describeIf } from "../support/require.ts";

const ip = (...args: string[]) => runTool("ip", args);

describeIf({ namespaces: true, commands: ["ip", "setpriv"] }, "private networks", () => {
  test("that start at once remove between them what killed runs left behind", async () => {
    // The process has ended, and nobody can have its id yet again.
    const dead = spawnSync("true").pid;
    const leftovers = Array.from({ length: 8 }, (_, i) => `bootwire-lab-${dead}-${i}`);
    for (const leftover of leftovers) await ip("netns", "add", leftover);
    const networks = await Promise.all(
      leftovers.map((_, i) => PrivateNetwork.create({ address: `10.78.${i}.1/24` })),
    );
    const left = await ip("netns", "list");
    for (const network of networks) expect(left).toContain(network.namespace);
    for (const leftover of leftovers) expect(left).not.toContain(leftover);
    for (const network of networks) await network.close();
  });
});
