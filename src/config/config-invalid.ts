import { BootwireError } from "../errors.ts";
import { type ConfigProblem, formatProblem } from "./problem.ts";

/** A config that cannot be used: everything that is wrong with it. */
export class ConfigInvalid extends BootwireError {
  readonly problems: readonly ConfigProblem[];

  constructor(path: string, problems: readonly ConfigProblem[]) {
    const many = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      "BW_CONFIG_INVALID",
      `${path} has ${many}:\n${problems.map((one) => formatProblem(one, "error")).join("\n")}`,
      "Correct the file; `bootwire check` says whether it is right.",
    );
    this.name = "ConfigInvalid";
    this.problems = problems;
  }
}
