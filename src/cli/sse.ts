/** One message of an event stream. */
export interface SseMessage {
  /** The last id that the stream named, here or before. */
  readonly id: string | undefined;
  readonly data: string;
}

/** Longest message in characters; a stream that sends more without an end is no event stream. */
const MAX_MESSAGE = 1 << 20;

/**
 * Reads server-sent events (WHATWG HTML §9.2.6) from text that arrives in pieces of any size. Comments and fields other
 * than `id` and `data` are passed over.
 */
export class SseParser {
  #text = "";
  #data: string[] = [];
  #id: string | undefined;

  /** The messages that this piece completes. Throws a RangeError when a message does not end. */
  push(piece: string): SseMessage[] {
    this.#text += piece;
    const messages: SseMessage[] = [];
    for (;;) {
      // A CR at the very end may be the first half of a CRLF.
      const end = /\r\n|\n|\r(?!$)/.exec(this.#text);
      if (!end) break;
      const line = this.#text.slice(0, end.index);
      this.#text = this.#text.slice(end.index + end[0].length);
      const message = this.#line(line);
      if (message) messages.push(message);
    }
    if (this.#text.length + this.#data.join("").length > MAX_MESSAGE) {
      throw new RangeError("a message of the event stream does not end");
    }
    return messages;
  }

  #line(line: string): SseMessage | undefined {
    if (line === "") {
      const data = this.#data;
      this.#data = [];
      return data.length === 0 ? undefined : { id: this.#id, data: data.join("\n") };
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }
}
