import type { News } from "./queue.ts";

/** A line of the log for an admin. */
export interface NewsLine {
  readonly level: "info" | "warn";
  readonly fields: Readonly<Record<string, string | number>>;
  readonly text: string;
}

const HINT =
  "Look at the receiver, and at `url` and the secret of the hook in the config. Said once, until it takes events again.";

/** What the log says when events of a hook begin to be lost, and when they arrive again. `where`: the hook, without secrets. */
export function newsLine(where: string, news: News): NewsLine {
  switch (news.kind) {
    case "recovered":
      return {
        level: "info",
        fields: { hook: where, lost: news.lost },
        text: `the hook at ${where} takes events again`,
      };
    case "dead":
      return {
        level: "warn",
        fields: { code: "BW_HOOK_DEAD", hook: where, hint: HINT },
        text: `events for the hook at ${where} are lost: ${news.reason}`,
      };
  }
}
