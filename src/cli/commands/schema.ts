import { Command } from "commander";
import { configJsonSchema } from "../../config/json-schema.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { withExamples } from "../options.ts";

/** `bootwire schema`: the JSON Schema of the config, for editors. */
export function schemaCommand({ io, run }: Cli): Command {
  const command = new Command("schema")
    .summary("print the JSON Schema of the config")
    .description("Print the JSON Schema of the config, by which editors complete and explain it.")
    .action(async () =>
      run({}, async () => {
        io.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire schema > bootwire.schema.json"]);
}
