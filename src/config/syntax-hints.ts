const HINTS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias (*name) stands alone: remove the anchor or tag before it",
  BAD_ALIAS: "put quotes around a value that begins with * or &",
  BAD_COLLECTION_TYPE: "remove the tag (!…) before this",
  BAD_DIRECTIVE: "remove the line that begins with %",
  BAD_DQ_ESCAPE: "use single quotes, in which a backslash is a backslash",
  BAD_INDENT:
    "give keys that belong together the same indentation; a bracket or brace above may not be closed",
  BAD_PROP_ORDER: "put the anchor and tag directly before their value",
  BAD_SCALAR_START: "put quotes around a value that begins with @ ` or %",
  BLOCK_AS_IMPLICIT_KEY:
    "put quotes around a value that has “: ” in it, and begin each key on a line of its own",
  BLOCK_IN_FLOW: "inside of { } and [ ] write key: value pairs with commas between them",
  COMMENT_SPACE: "put a space before the #",
  DUPLICATE_KEY: "keep one of the two",
  IMPOSSIBLE: "rewrite this part",
  KEY_OVER_1024_CHARS: "a quote or bracket that was opened is probably never closed",
  MISSING_CHAR:
    "check the indentation of this line; close the quote or bracket, put a comma between list items, a space after the colon",
  MULTILINE_IMPLICIT_KEY:
    "a key and its colon stand on one line; a key without a colon, or wrong indentation, looks like this too",
  MULTIPLE_ANCHORS: "keep one of the anchors",
  MULTIPLE_DOCS: "keep one document: remove the line ---",
  MULTIPLE_TAGS: "keep one of the tags",
  NON_STRING_KEY: "a key is plain text",
  TAB_AS_INDENT: "indent with spaces: YAML allows no tabs there",
  TAG_RESOLVE_FAILED: "remove the tag (!…), or put quotes around a value that begins with !",
  UNEXPECTED_TOKEN: "check the quotes, brackets and the indentation around here",
  BAD_LITERAL: "use true or false",
};

/** What to do about an error that the YAML parser found. */
export function syntaxHint(code: string): string {
  return HINTS[code] ?? "check the quotes, brackets and the indentation around here";
}
