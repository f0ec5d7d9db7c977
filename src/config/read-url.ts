import { fault, type Reading, read } from "./reading.ts";

/** Where a hook posts to: an http or https URL. */
export function readHookUrl(text: string): Reading<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "") {
    if (url.username === "" && url.password === "") return read(text);
    return fault(
      "BW_CONFIG_URL",
      "a hook's URL has a user or password in it, which would not be sent",
      "leave them out: posts are signed, and the receiver checks the signature",
    );
  }
  return fault(
    "BW_CONFIG_URL",
    `“${text}” is not an http or https URL`,
    "write it in full, like https://hooks.example.org/bootwire",
  );
}
