// Counts vitest's JSON report and prints "N passed, N failed". A file or group that failed without a failed test (an
// import that throws, a beforeAll) counts as one failure. Exits non-zero unless something passed and nothing failed.

import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
try {
  for (const file of JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")).testResults) {
    const count = (status) => file.assertionResults.filter((test) => test.status === status).length;
    passed += count("passed");
    failed += file.status === "failed" ? Math.max(1, count("failed")) : count("failed");
  }
} catch (error) {
  process.stderr.write(`no test report: ${error.message}\n`);
  failed += 1;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
