/** A line of syslog, as far as it said what it is. */
export interface SyslogLine {
  /** 0 to 23 (RFC 5424 §6.2.1). */
  readonly facility: number;
  /** 0 (emergency) to 7 (debug). */
  readonly severity: number;
  readonly host: string | undefined;
  /** The program; RFC 3164 calls it the tag. */
  readonly app: string | undefined;
  readonly processId: string | undefined;
  /** Never empty, without control characters. */
  readonly message: string;
}

/** RFC 5424 §6.1: receivers should take 2048; installers' lines are shorter. What is longer is cut. */
const LONGEST = 2048;
/** `<34>1 2003-10-11T22:14:15.003Z host app 123 ID47 [data] message` */
const RFC5424 = /^1 (?:-|\d{4}-\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /;
/** `Oct 11 22:14:15 `, which some senders leave out. */
const TIME3164 = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? /;
/** `app[123]: message`; iPXE writes `app: message`. */
const TAG = /^([\w./-]{1,48})(?:\[([\w.-]{1,20})\])?: ?/;
const HOST = /^([\w.:-]{1,255}) (?=[\w./-]{1,48}(?:\[[\w.-]{1,20}\])?:)/;

/**
 * Reads one datagram of RFC 5424 or RFC 3164; the latter describes what is seen in the wild, so that everything but the
 * priority may be missing. `undefined`: it has no priority, or says nothing. Never throws; time and memory are bounded by
 * the length that is looked at.
 */
export function parseSyslog(datagram: Buffer): SyslogLine | undefined {
  const text = datagram.subarray(0, LONGEST).toString("utf8");
  const priority = /^<(0|[1-9]\d{0,2})>/.exec(text);
  if (!priority) return undefined;
  const value = Number(priority[1]);
  if (value > 191) return undefined;
  const rest = text.slice(priority[0].length);
  const found = read5424(rest) ?? read3164(rest);
  const message = plain(found.message);
  if (message === "") return undefined;
  return { ...found, message, facility: value >> 3, severity: value & 7 };
}

type Parts = Omit<SyslogLine, "facility" | "severity">;

function read5424(text: string): Parts | undefined {
  const head = RFC5424.exec(text);
  if (!head) return undefined;
  const message = afterStructuredData(text.slice(head[0].length));
  if (message === undefined) return undefined;
  return {
    host: named(head[1]),
    app: named(head[2]),
    processId: named(head[3]),
    // A byte order mark says that it is UTF-8 (§6.4), which we took it for anyhow.
    message: message.replace(/^\uFEFF/, ""),
  };
}

/** What follows the structured data: `-`, or elements in brackets, in which a quoted `]` does not count (§6.3). */
function afterStructuredData(text: string): string | undefined {
  if (text === "-") return "";
  if (text.startsWith("- ")) return text.slice(2);
  let at = 0;
  while (text[at] === "[") {
    const end = endOfElement(text, at + 1);
    if (end === undefined) return undefined;
    at = end + 1;
  }
  if (at === 0) return undefined;
  return text[at] === " " ? text.slice(at + 1) : at === text.length ? "" : undefined;
}

function endOfElement(text: string, from: number): number | undefined {
  let isQuoted = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "\\" && isQuoted) at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === "]" && !isQuoted) return at;
  }
  return undefined;
}

function read3164(text: string): Parts {
  const withoutTime = text.replace(TIME3164, "");
  const host = HOST.exec(withoutTime);
  const withoutHost = host ? withoutTime.slice(host[0].length) : withoutTime;
  const tag = TAG.exec(withoutHost);
  return {
    host: host?.[1],
    app: tag?.[1],
    processId: tag?.[2],
    message: tag ? withoutHost.slice(tag[0].length) : withoutHost,
  };
}

function named(field: string | undefined): string | undefined {
  return field === "-" ? undefined : field;
}

/** One line: what is no character for people goes. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\uFFFD]+/gu, " ").trim();
}
