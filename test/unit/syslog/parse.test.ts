import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSyslog } from "../../../src/syslog/parse.ts";

interface Expected {
  readonly facility?: number;
  readonly severity?: number;
  readonly host?: string;
  readonly app?: string;
  readonly processId?: string;
  readonly message: string;
}

test.each<[string, string, Expected]>([
  [
    "RFC 3164's example",
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    {
      facility: 4,
      severity: 2,
      host: "mymachine",
      app: "su",
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
  ],
  [
    "RFC 5424's example with structured data",
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventID="1011"] \uFEFFAn application event',
    {
      facility: 20,
      severity: 5,
      host: "mymachine.example.com",
      app: "evntslog",
      message: "An application event",
    },
  ],
  [
    "RFC 5424 with brackets and quotes in its data",
    String.raw`<13>1 - - app 77 - [a@1 b="]\"]"][c@2] text`,
    { app: "app", processId: "77", message: "text" },
  ],
  [
    "RFC 5424 without data",
    "<14>1 2026-01-02T03:04:05+01:00 web-1 anaconda 812 - - storage: found vda",
    { host: "web-1", app: "anaconda", processId: "812", message: "storage: found vda" },
  ],
  [
    "iPXE's console, with a host name",
    "<134>web-1 ipxe: Filename: http://10.0.0.1/boot/bios/x.ipxe",
    {
      facility: 16,
      severity: 6,
      host: "web-1",
      app: "ipxe",
      message: "Filename: http://10.0.0.1/boot/bios/x.ipxe",
    },
  ],
  ["iPXE's console, without one", "<134>ipxe: Could not boot", { app: "ipxe", message: "Could not boot" }],
  [
    "the Debian installer's busybox",
    "<14>Jan  2 03:04:05 main-menu[229]: INFO: Menu item 'partman-base' selected",
    { app: "main-menu", processId: "229", message: "INFO: Menu item 'partman-base' selected" },
  ],
  [
    "the kernel by way of syslogd",
    "<6>Jan  2 03:04:05 kernel: [    1.234567] virtio_blk virtio1: [vda] 8388608 512-byte blocks",
    {
      facility: 0,
      severity: 6,
      app: "kernel",
      message: "[    1.234567] virtio_blk virtio1: [vda] 8388608 512-byte blocks",
    },
  ],
  ["a text alone", "<13>something happened", { message: "something happened" }],
  ["an unfinished 5424 header is a text", "<13>1 - - app", { message: "1 - - app" }],
  ["control characters", "<13>app: a\u0000b\u001b[31mc\r\n", { app: "app", message: "a b [31mc" }],
])("%s", (_name, text, expected) => {
  expect(parseSyslog(Buffer.from(text))).toMatchObject(expected);
});

test.each([
  "",
  "<",
  "<13>",
  "<13> \n",
  "<192>x",
  "<013>x",
  "<-1>x",
  "13 x",
  "<13x",
  "\u0000<13>x",
  "<13>1 - - a - - -",
])("%j is dropped", (text) => {
  expect(parseSyslog(Buffer.from(text))).toBeUndefined();
});

test("octets that are no UTF-8 do no harm", () => {
  expect(parseSyslog(Buffer.from([60, 49, 51, 62, 0xff, 0xfe, 65]))?.message).toBe("A");
});

test("what is long is cut", () => {
  expect(parseSyslog(Buffer.from(`<13>app: ${"x".repeat(60_000)}`))?.message.length).toBeLessThan(2048);
});

const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
const message = fc.stringMatching(/^[!-~]([ -~]{0,80}[!-~])?$/);

test("what was written by RFC 5424 is read as it was meant", () => {
  const said = fc.record({
    priority: fc.integer({ min: 0, max: 191 }),
    host: word,
    app: word,
    processId: fc.integer({ min: 1, max: 99_999 }).map(String),
    message,
  });
  fc.assert(
    fc.property(said, ({ priority, host, app, processId, message }) => {
      const line = `<${priority}>1 2026-01-02T03:04:05Z ${host} ${app} ${processId} - - ${message}`;
      expect(parseSyslog(Buffer.from(line))).toEqual({
        ...{ host, app, processId, message },
        facility: priority >> 3,
        severity: priority & 7,
      });
    }),
  );
});

test("whatever comes: no exception, no empty message, no control characters", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.string({ unit: "binary", maxLength: 300 }).map((text) => Buffer.from(`<13>1 ${text}`)),
    fc.string({ maxLength: 300 }).map((text) => Buffer.from(`<13>${text}`)),
    fc
      .array(fc.constantFrom("[", "]", '"', "\\", " ", "-", "a", ":", "<13>1 - - a - - ["), {
        maxLength: 400,
      })
      .map((parts) => Buffer.from(`<13>1 - - a - - ${parts.join("")}`)),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      const line = parseSyslog(Buffer.from(bytes));
      if (!line) return;
      expect(line.message).toMatch(/^[^\p{Cc}]+$/u);
      expect(line.severity).toBeLessThanOrEqual(7);
      expect(line.facility).toBeLessThanOrEqual(23);
    }),
    { numRuns: 2000 },
  );
});
