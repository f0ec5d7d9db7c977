import { defineConfig } from "vitest/config";
import { SkipReporter } from "./test/support/skip-reporter.ts";

/** Where to write vitest's JSON report; .ci/run counts from it. */
const report = process.env["BOOTWIRE_TEST_REPORT"];

const second = 1000;
const minute = 60 * second;

/**
 * Tests against foreign programs and emulated machines get a second try: a client that gives up at a bound of its own, or
 * a VM that got no processor for seconds, says nothing of us. The report names each test that needed it.
 */
const SECOND_TRY = 1;

/** Whether the tests that take a quarter of an hour and more are run too: by `npm run test:long`, and in CI. */
const withLongTests = process.env["BOOTWIRE_LONG_TESTS"] === "1";

/** Minutes of waiting for time-outs, with hardly any work: it runs beside the VMs. */
const BAD_LINK = "test/interop/tftp/bad-link.test.ts";

// The groups run one after the other: network tests would steal the processor from the VMs, and the VMs from the
// timers of the network tests. `npx vitest run --project unit` runs one of them.
export default defineConfig({
  test: {
    reporters: [
      "default",
      ...(report === undefined ? [] : [["json", { outputFile: report }] satisfies [string, object]]),
      new SkipReporter((text) => process.stdout.write(text)),
    ],
    coverage: {
      provider: "v8",
      include: ["src/**"],
      exclude: ["src/bench/**", "src/demo/**"],
      reportsDirectory: "coverage",
    },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/property/**/*.test.ts"],
          testTimeout: 30 * second,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "interop",
          retry: SECOND_TRY,
          include: ["test/interop/**/*.test.ts"],
          exclude: [BAD_LINK],
          testTimeout: 2 * minute,
          hookTimeout: 2 * minute,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "links",
          retry: SECOND_TRY,
          include: [BAD_LINK],
          testTimeout: 2 * minute,
          hookTimeout: 2 * minute,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e",
          retry: SECOND_TRY,
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 15 * minute,
          hookTimeout: 5 * minute,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      ...(withLongTests
        ? [
            {
              test: {
                name: "long",
                // No second try: it would take CI past its own limit.
                include: ["test/long/**/*.test.ts"],
                testTimeout: 45 * minute,
                hookTimeout: 30 * minute,
                maxWorkers: 2,
                // In the same group as the VMs, so that two things run at any time. Projects of a group come by their
                // names: this one begins beside the last VMs and the bad links.
                sequence: { groupOrder: 2 },
              },
            },
          ]
        : []),
    ],
  },
});
