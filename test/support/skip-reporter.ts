import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";
import { everythingIsRequired } from "./require.ts";

/**
 * Says at the end what was skipped and why, so that a green run on a machine without root or QEMU is not mistaken for a
 * whole one. With BOOTWIRE_REQUIRE_ALL=1 anything skipped makes the run fail.
 */
export class SkipReporter implements Reporter {
  readonly #write: (text: string) => void;
  #filtered = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  onInit(vitest: Vitest): void {
    // With `-t` nearly everything is skipped, because it was asked for.
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#filtered) return;
    const groups = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const group = `${module.relativeModuleId}: ${groupOf(test)}`;
        groups.set(group, (groups.get(group) ?? 0) + 1);
      }
    }
    if (groups.size === 0) return;
    this.#write("\nSkipped:\n");
    for (const [group, count] of groups)
      this.#write(`  ${group} (${count} ${count === 1 ? "test" : "tests"})\n`);
    if (everythingIsRequired()) {
      this.#write("BOOTWIRE_REQUIRE_ALL=1: nothing may be skipped, so this run failed.\n");
      process.exitCode = 1;
    }
  }
}

/** The outermost group carries the reason (see describeIf); a test that was skipped by itself carries its own name. */
function groupOf(test: TestCase): string {
  let name = test.name;
  for (let parent = test.parent; parent.type === "suite"; parent = parent.parent) name = parent.name;
  return name;
}
