import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { folderWith } from "./temporary-folder.ts";

function summary(report: string) {
  const run = spawnSync(process.execPath, [".ci/summary.mjs", report], { encoding: "utf8" });
  return { status: run.status, lastLine: run.stdout };
}

const report = (testResults: readonly object[]) =>
  `${folderWith({ "report.json": JSON.stringify({ testResults }) })}/report.json`;
const passed = { status: "passed" };

test("counts what passed and exits 0", () => {
  const file = { status: "passed", assertionResults: [passed, passed, { status: "skipped" }] };
  expect(summary(report([file, file]))).toEqual({ status: 0, lastLine: "4 passed, 0 failed\n" });
});

test("counts failed tests and exits 1", () => {
  const file = { status: "failed", assertionResults: [passed, { status: "failed" }, { status: "failed" }] };
  expect(summary(report([file]))).toEqual({ status: 1, lastLine: "1 passed, 2 failed\n" });
});

test("a file that failed without a failed test counts as one", () => {
  const file = { status: "failed", assertionResults: [{ status: "skipped" }] };
  expect(summary(report([file, { status: "passed", assertionResults: [passed] }]))).toEqual({
    status: 1,
    lastLine: "1 passed, 1 failed\n",
  });
});

test("no tests at all, or no report, is a failure", () => {
  expect(summary(report([]))).toEqual({ status: 1, lastLine: "0 passed, 0 failed\n" });
  expect(summary("/no/such/report.json")).toEqual({ status: 1, lastLine: "0 passed, 1 failed\n" });
});
