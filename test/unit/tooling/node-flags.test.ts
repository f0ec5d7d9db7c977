import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NODE_FLAGS } from "../../../src/bench/servers.ts";

test.each(["package.json", "src/cli/main.ts", "docker/entrypoint.sh", "docker/bootwire.service"])(
  "the daemon is started by %s as it is measured",
  (file) => {
    expect(readFileSync(file, "utf8")).toMatch(new RegExp(`node ${NODE_FLAGS.join(" ")} `.trimEnd()));
  },
);
