import { describe, expect, test } from "vitest";
import { maskedHost, maskerOf } from "../../../src/boot/masking.ts";
import { host, imageProfile, SYSTEM } from "../support/config.ts";

const HASH = `$6$salt$${"h".repeat(86)}`;
const vars = {
  apiKey: "s3cr3t-key",
  colour: "red",
  wifi: { password: "hunter2", name: "lab" },
  pin: { token: 123456 },
};
const secretive = host({
  profile: imageProfile({
    system: { ...SYSTEM, vars, users: [{ name: "ada", passwordHash: HASH, sshKeys: [], sudo: true }] },
  }),
});

describe("what people look at", () => {
  test("is rendered of a host without secrets, in the form that templates take", () => {
    const { system } = maskedHost(secretive).profile ?? {};
    expect(system?.users[0]?.passwordHash).toBe("$6$MASKED$MASKED");
    expect(system?.vars).toEqual({
      apiKey: "MASKED",
      colour: "red",
      wifi: { password: "MASKED", name: "lab" },
      pin: { token: "MASKED" },
    });
  });

  test.each([
    ["a value", "key=s3cr3t-key colour=red", "key=MASKED colour=red"],
    ["a value in an object, a number", "hunter2 of lab, 123456", "MASKED of lab, MASKED"],
    ["a hash of nobody's", `root:${HASH}:1::`, "root:MASKED:1::"],
    ["a password in a URL", "http://me:mine@proxy:3128/", "http://me:MASKED@proxy:3128/"],
    ["what was masked", "$6$MASKED$MASKED", "$6$MASKED$MASKED"],
  ])("has no secrets in its text: %s", (_what, text, shown) => {
    expect(maskerOf(secretive)(text)).toBe(shown);
  });

  test("of a machine that nobody knows has no hashes either", () => {
    expect(maskerOf(undefined)(`${HASH} hunter2`)).toBe("MASKED hunter2");
  });
});
