import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";

/**
 * What the starter shows behind a `#` must be as right as what it says: an admin will uncomment it. Lines of prose begin
 * with `# ` and a capital letter or are continued ones; examples look like YAML.
 */
describe("the starter config", () => {
  let text: string;
  beforeAll(async () => {
    text = await readFile("templates/bootwire.yaml", "utf8");
  });

  test("names its schema for editors", () => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./bootwire.schema.json");
  });

  test("has examples that are right once they are uncommented", () => {
    const example = /^( *)# ((?: *- | {2,})?[a-zA-Z0-9-]+:(?: .*)?)$/;
    const prose = /^ *# [a-z]+: /;
    const uncommented = text
      .split("\n")
      .slice(1)
      .filter((line) => !(prose.test(line) && line.includes(". ")))
      .map((line) => line.replace(example, "$1$2"))
      .join("\n")
      .replace("mode: proxy", "mode: server")
      .replace("AAAA…", `AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(40)}`)
      .replace("$6$…", `$6$saltsaltsalt$${"a".repeat(86)}`);
    const result = parseConfig(uncommented, "/lab/bootwire.yaml");
    expect(result.ok ? [] : result.problems).toEqual([]);
    expect(result.ok && result.config).toMatchObject({
      dhcp: { mode: "server", subnets: [{ leaseTime: 43_200, domain: "lab.example.org" }] },
      hosts: [{ name: "web-1", disk: "/dev/vda", profile: { name: "cloud-image" } }],
    });
    expect(result.ok && [...result.config.profiles.keys()]).toEqual(["cloud-image", "debian"]);
  });
});
