import { z } from "zod";
import { textField } from "./fields.ts";
import { HOOK_EVENT_KINDS } from "./hook-events.ts";
import { readDuration } from "./read-text.ts";
import { readHookUrl } from "./read-url.ts";

/** One of `hooks:`. */
const hookSchema = z
  .strictObject({
    url: textField(
      { description: "Where to post events to.", examples: ["https://hooks.example.org/bootwire"] },
      readHookUrl,
    ),
    events: z
      .array(z.enum(HOOK_EVENT_KINDS))
      .min(1)
      .meta({
        description: "Which events to post; all of them when it is left out.",
        examples: [["attempt.done", "attempt.failed"]],
      })
      .optional(),
    secret: z
      .string()
      .min(16)
      .meta({ description: "What the posts are signed with (HMAC-SHA256); 16 characters or more." })
      .optional(),
    secretFile: z
      .string()
      .min(1)
      .meta({
        description:
          "A file that holds the secret, read anew for each post. Relative to the folder of this file.",
        examples: ["/etc/bootwire/hook-secret"],
      })
      .optional(),
    timeout: textField(
      { description: "How long the receiver may take to answer.", examples: ["10s"], default: "10s" },
      (text) => readDuration(text, 1, 60, "1s to 60s"),
    ).optional(),
  })
  .superRefine((hook, context) => {
    const secrets = [hook.secret, hook.secretFile].filter((one) => one !== undefined).length;
    if (secrets === 1) return;
    context.addIssue({
      code: "custom",
      message:
        secrets === 0 ? "a hook needs a secret to sign its posts with" : "a hook has one secret, not two",
      path: secrets === 0 ? [] : ["secretFile"],
      params: {
        code: "BW_CONFIG_HOOK_SECRET",
        hint: "write either `secret:` or `secretFile:`; `openssl rand -hex 32` makes one",
      },
    });
  })
  .meta({ description: "A receiver of events." });

/** `hooks:`. */
export const hooksSchema = z
  .array(hookSchema)
  .meta({ description: "Web servers that are told of events, by signed HTTP POST." });
