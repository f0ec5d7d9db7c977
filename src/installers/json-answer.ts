import type { Templates } from "../templates/templates.ts";
import type { Answer } from "./installer.ts";

/**
 * An answer in JSON whose template is YAML: that can have comments, and needs no thought about commas. Throws what
 * rendering throws.
 */
export function jsonAnswer(templates: Templates, template: string, view: object): Answer {
  return {
    contentType: "application/json; charset=utf-8",
    body: `${JSON.stringify(templates.renderYaml(template, view), null, 2)}\n`,
  };
}
