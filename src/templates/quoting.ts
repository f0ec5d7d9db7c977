/*
 * How values are written in the languages that installers read. Each throws a TypeError for what its language has no
 * way to say; nothing is dropped or replaced.
 */

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One word of a kickstart command. Anaconda splits its lines as Python's shlex does, which knows a shell's quotes. */
export function kickstartWord(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new TypeError("a kickstart value cannot span lines");
  return shellWord(text);
}

/** A value in a preseed file: the rest of its line, which knows no quoting. */
export function preseedValue(text: string): string {
  if (/[\r\n]/.test(text)) throw new TypeError("a preseed value cannot span lines");
  return text;
}

/** Any value as YAML on one line: JSON is YAML, but for what YAML 1.1 readers take for a line break or refuse. */
export function yamlValue(value: unknown): string {
  return escaped(JSON.stringify(value), /[\u007f-\u009f\u2028\u2029\ufeff]/g);
}

/** Any value as TOML 1.0 on one line; mappings as inline tables. */
export function tomlValue(value: unknown): string {
  if (typeof value === "string") {
    // A JSON string is a TOML basic string, but for DEL, which TOML wants escaped, and halves of surrogate pairs.
    if (/\p{Surrogate}/u.test(value)) throw new TypeError("not text that TOML can say");
    return escaped(JSON.stringify(value), /\u007f/g);
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) {
    return Number.isSafeInteger(value) ? BigInt(value).toString() : floatOf(value);
  }
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, item]) => `${tomlValue(key)} = ${tomlValue(item)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  throw new TypeError(`not a value that TOML can say: ${String(value)}`);
}

/** A TOML float needs a point or an exponent. */
function floatOf(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Text inside an XML element, or in an attribute's double or single quotes where it has no line breaks or tabs. */
export function xmlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write these (§2.2).
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(text)) {
    throw new TypeError("a character that XML cannot say");
  }
  return text.replace(/[&<>"'\r]/g, (char) => XML_ESCAPES[char] ?? char);
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#13;",
};

function escaped(json: string, what: RegExp): string {
  return json.replace(what, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
