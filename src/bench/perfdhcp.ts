import { CLIENT_INTERFACE, type Lab } from "./lab.ts";

/** What perfdhcp counted of one kind of exchange. */
export interface ExchangeCount {
  readonly sent: number;
  readonly received: number;
  readonly averageMilliseconds: number;
  readonly maxMilliseconds: number;
}

export interface PerfdhcpReport {
  readonly offers: ExchangeCount;
  readonly acks: ExchangeCount;
}

export interface Load {
  /** Four-way exchanges to start per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Different clients to pretend. */
  readonly clients: number;
}

/** How long to wait for late answers after the last request, in microseconds. */
const EXIT_WAIT = 500_000;

/** Runs perfdhcp against the lab's server. Throws with its words when it printed no report. */
export function perfdhcp(lab: Lab, load: Load): PerfdhcpReport {
  return parseReport(
    lab.client("perfdhcp", [
      ...["-4", "-l", CLIENT_INTERFACE, "-r", String(load.rate), "-p", String(load.seconds)],
      // One thread sends and receives: with its two, load and server would contend for the two processors of a small machine.
      ...["-R", String(load.clients), "-W", String(EXIT_WAIT), "-g", "single"],
    ]),
  );
}

/** Whether the server completes exchanges now. (With a single one perfdhcp often stops before its ACK has come.) */
export function answersNow(lab: Lab): boolean {
  return perfdhcp(lab, { rate: 20, seconds: 1, clients: 20 }).acks.received > 0;
}

/** Reads the report that perfdhcp prints at its end. Throws an Error that quotes the text when it is none. */
export function parseReport(text: string): PerfdhcpReport {
  return { offers: section(text, "DISCOVER-OFFER"), acks: section(text, "REQUEST-ACK") };
}

function section(text: string, name: string): ExchangeCount {
  const from = text.indexOf(`***Statistics for: ${name}***`);
  if (from < 0) throw new Error(`perfdhcp printed no statistics for ${name}:\n${text.slice(-2000)}`);
  const to = text.indexOf("***", from + name.length + 24);
  const part = text.slice(from, to < 0 ? undefined : to);
  const value = (label: string) => Number(new RegExp(`^${label}: ([\\d.]+)`, "m").exec(part)?.[1] ?? 0);
  return {
    sent: value("sent packets"),
    received: value("received packets"),
    averageMilliseconds: value("avg delay"),
    maxMilliseconds: value("max delay"),
  };
}

/** Whether the server kept up: perfdhcp could send what it was told to, and under 1 % was lost at either step. */
export function keptUp({ offers, acks }: PerfdhcpReport, load: Load): boolean {
  return (
    offers.sent >= 0.97 * load.rate * load.seconds &&
    offers.received > 0.99 * offers.sent &&
    acks.received > 0.99 * acks.sent
  );
}
