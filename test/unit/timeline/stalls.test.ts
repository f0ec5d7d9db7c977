import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TimelineEvent } from "../../../src/machines/model.ts";
import { diagnose, RESUMED, STALLED } from "../../../src/timeline/diagnose.ts";
import { StallWatch } from "../../../src/timeline/stall-watch.ts";
import { STALLS, type StallCode } from "../../../src/timeline/stalls.ts";
import { mac } from "../support/config.ts";

const MAC = mac("52:54:00:12:34:56");

function event(kind: string, at: number, data?: TimelineEvent["data"]): TimelineEvent {
  return { at: at * 1000, mac: MAC, machine: "web-1", attempt: undefined, kind, text: "", data };
}

type Said = readonly [kind: string, data?: TimelineEvent["data"]];

const OFFER: Said = ["dhcp.offer", { address: "10.0.0.7" }];
const PROXY: Said = ["dhcp.offer", { arch: 7 }];
const ACK: Said = ["dhcp.ack", { address: "10.0.0.7", file: "ipxe.efi" }];
const IPXE: Said = ["dhcp.ack", { address: "10.0.0.7", file: "http://10.0.0.1:8080/boot/uefi/x.ipxe" }];
const PLAIN: Said = ["dhcp.ack", { address: "10.0.0.7" }];
const LOADER: Said = ["tftp.completed", { bytes: 100 }];
const INSTALL: readonly Said[] = [OFFER, ACK, LOADER, OFFER, IPXE, ["attempt.began"], ["boot.install"]];

/** An initrd or an installed system asks for an address: no architecture, no boot file. */
const OWN_DHCP: readonly Said[] = [["dhcp.discover", {}], OFFER, ["dhcp.request", {}], PLAIN];
const FETCHED: Said = ["http.completed"];

/** What the timeline says, one event a second, and what is missing if nothing follows. */
const CASES: readonly (readonly [string, readonly Said[], StallCode | undefined])[] = [
  ["an offer and no request", [OFFER], "BW_STALL_NO_REQUEST"],
  ["a request to another server", [OFFER, ["dhcp.foreign-server"]], "BW_STALL_OTHER_SERVER"],
  ["a proxy's offer alone", [PROXY], "BW_STALL_PROXY_IGNORED"],
  ["an address and no loader", [OFFER, ACK], "BW_STALL_NO_LOADER"],
  [
    "a proxy's answer on 4011 and no loader",
    [PROXY, ["dhcp.ack", { file: "ipxe.efi" }]],
    "BW_STALL_NO_LOADER",
  ],
  ["no block acknowledged", [OFFER, ACK, ["tftp.failed", { bytes: 0 }]], "BW_STALL_TFTP_SILENT"],
  ["a transfer broken off", [OFFER, ACK, ["tftp.failed", { bytes: 9 }]], "BW_STALL_TFTP_BROKEN"],
  ["a loader and no script", [OFFER, ACK, LOADER], "BW_STALL_NO_SCRIPT"],
  ["a loader by HTTP and no script", [OFFER, ACK, ["http.completed"]], "BW_STALL_NO_SCRIPT"],
  ["iPXE's address and no script", [OFFER, ACK, LOADER, OFFER, IPXE], "BW_STALL_NO_SCRIPT"],
  ["a script and no kernel", INSTALL, "BW_STALL_NO_KERNEL"],
  ["a kernel and no installer", [...INSTALL, ["http.completed"], ["http.completed"]], "BW_STALL_NO_START"],
  ["a kernel by TFTP and no installer", [...INSTALL, LOADER], "BW_STALL_NO_START"],
  [
    "an installer that says no more",
    [...INSTALL, ["http.completed"], ["attempt.started"]],
    "BW_STALL_NO_NEWS",
  ],
  [
    "an installer that got its image",
    [...INSTALL, ["attempt.progress"], ["http.completed"]],
    "BW_STALL_NO_NEWS",
  ],
  [
    "an installed system that does not call",
    [...INSTALL, ["attempt.progress"], ["attempt.done"]],
    "BW_STALL_NOT_HOME",
  ],
  [
    "an installed system that was sent to its disk and does not call",
    [...INSTALL, ["attempt.done"], OFFER, ACK, LOADER, OFFER, IPXE, ["boot.local"]],
    "BW_STALL_NOT_HOME",
  ],
  [
    "an installer's own DHCP and its root file system",
    [...INSTALL, FETCHED, FETCHED, ...OWN_DHCP, FETCHED],
    "BW_STALL_NO_START",
  ],
  [
    "what an installer that has called fetches behind another DHCP of its own",
    [...INSTALL, FETCHED, ["attempt.started"], ...OWN_DHCP, FETCHED],
    "BW_STALL_NO_NEWS",
  ],
  [
    "a reboot in the middle of an install",
    [...INSTALL, FETCHED, ["attempt.started"], ["dhcp.offer", { address: "10.0.0.7", arch: 7 }], ACK, LOADER],
    "BW_STALL_NO_SCRIPT",
  ],
  [
    "a reboot whose firmware gets an address alone",
    [...INSTALL, ["dhcp.ack", { address: "10.0.0.7", arch: 7 }], FETCHED],
    "BW_STALL_NO_SCRIPT",
  ],
  ["nothing at all", [], undefined],
  ["what an installed system fetches", [OFFER, PLAIN, FETCHED], undefined],
  ["its own disk and what runs there", [OFFER, ACK, LOADER, ["boot.local"], ...OWN_DHCP, FETCHED], undefined],
  ["an installed system's address", [OFFER, PLAIN], undefined],
  ["its own disk", [OFFER, ACK, LOADER, OFFER, IPXE, ["boot.local"]], undefined],
  ["GRUB's files beside the own disk", [OFFER, ACK, LOADER, ["boot.local"], LOADER], undefined],
  ["a screen that holds it", [OFFER, IPXE, ["boot.hold"]], undefined],
  ["media that is being prepared", [OFFER, IPXE, ["boot.wait"]], undefined],
  ["a failed install", [...INSTALL, ["attempt.started"], ["attempt.failed"]], undefined],
  ["a cancelled install", [...INSTALL, ["attempt.started"], ["attempt.cancelled"]], undefined],
  ["a machine that called home", [...INSTALL, ["attempt.done"], ["machine.booted"]], undefined],
];

test("an installed system's own DHCP does not put off the question whether it calls home", () => {
  const said = [...INSTALL, ["attempt.done"], ...OWN_DHCP] as const;
  const done = said.findIndex(([kind]) => kind === "attempt.done");
  const events = said.map(([kind, data], second) => event(kind, second, data));
  const until = (done + STALLS.BW_STALL_NOT_HOME.after) * 1000;
  expect(diagnose(events, until - 1)).toEqual({ kind: "waiting", until });
  expect(diagnose(events, until)).toEqual({ kind: "stalled", code: "BW_STALL_NOT_HOME" });
});

describe("what is missing", () => {
  test.each(CASES)("after %s", (_what, said, code) => {
    const events = said.map(([kind, data], second) => event(kind, second, data));
    const last = said.length - 1;
    if (code === undefined) {
      expect(diagnose(events, 1e9)).toEqual({ kind: "at-rest" });
      return;
    }
    const until = (last + STALLS[code].after) * 1000;
    expect(diagnose(events, until - 1)).toEqual({ kind: "waiting", until });
    expect(diagnose(events, until)).toEqual({ kind: "stalled", code });
  });

  test("every stall is in the table of cases", () => {
    expect(new Set(CASES.flatMap(([, , code]) => code ?? []))).toEqual(new Set(Object.keys(STALLS)));
  });

  const told = (code: StallCode, at: number) => event(STALLED, at, { code });

  test.each([
    ["the machine gets further", [OFFER], "BW_STALL_NO_REQUEST", ACK, true],
    ["its transfer goes on", [OFFER, ACK], "BW_STALL_TFTP_SILENT", ["tftp.progress"], true],
    ["its transfer goes on, no further than before", INSTALL, "BW_STALL_NO_SCRIPT", ["tftp.progress"], false],
    ["it tries the same again", [OFFER, ACK, LOADER], "BW_STALL_NO_SCRIPT", OFFER, false],
    ["the installer calls", [...INSTALL, FETCHED], "BW_STALL_NO_START", ["attempt.started"], true],
    ["the install fails", INSTALL, "BW_STALL_NO_START", ["attempt.failed"], false],
    ["the system calls home", [["attempt.done"]], "BW_STALL_NOT_HOME", ["machine.booted"], true],
    ["the system is only rebooted", [["attempt.done"]], "BW_STALL_NOT_HOME", ["boot.local"], false],
  ] as const)("is over or not, when %s", (_what, first, code, [kind, data], isOver) => {
    const events = first.map(([one, more], second) => event(one, second, more));
    events.push(told(code, 100), event(kind, 200, data));
    const over = { kind: "over", code };
    if (isOver) expect(diagnose(events, 200_000)).toEqual(over);
    else expect(diagnose(events, 200_000)).not.toMatchObject({ kind: "over" });
    expect(diagnose([...events, event(RESUMED, 200, { code })], 200_000)).not.toMatchObject({ kind: "over" });
  });

  test.each([
    ["the same again", [OFFER], "BW_STALL_NO_REQUEST", [OFFER], undefined],
    [
      "the same way up to the same place",
      [OFFER, ACK, LOADER],
      "BW_STALL_NO_SCRIPT",
      [OFFER, ACK, LOADER],
      undefined,
    ],
    ["not even as far as before", [OFFER, ACK], "BW_STALL_NO_LOADER", [OFFER], "BW_STALL_NO_REQUEST"],
    ["further than before", [OFFER], "BW_STALL_NO_REQUEST", [OFFER, ACK], "BW_STALL_NO_LOADER"],
    [
      "it got through, and then the same",
      [OFFER],
      "BW_STALL_NO_REQUEST",
      [OFFER, PLAIN, OFFER],
      "BW_STALL_NO_REQUEST",
    ],
  ] as const)("is told once: %s", (_what, first, code, again, next) => {
    const events = first.map(([kind, data], second) => event(kind, second, data));
    events.push(told(code, 100), ...again.map(([kind, data], second) => event(kind, 200 + second, data)));
    // Whether it goes on is another question.
    events.push(event(RESUMED, 300, { code }));
    const diagnosis = diagnose(events, 1e9);
    expect(diagnosis).toEqual(next === undefined ? { kind: "at-rest" } : { kind: "stalled", code: next });
  });
});

describe("the watch over timelines", () => {
  let now = 0;
  let due: { at: number; action: () => void }[] = [];
  let lines: TimelineEvent[] = [];
  let watch: StallWatch;
  beforeEach(() => {
    now = 0;
    due = [];
    lines = [];
    watch = new StallWatch({
      now: () => now,
      schedule: (action, milliseconds) => {
        const timer = { at: now + milliseconds, action };
        due.push(timer);
        return () => {
          due = due.filter((one) => one !== timer);
        };
      },
      tell: (line) => {
        lines.push(line);
        watch.take(line);
      },
    });
  });
  afterEach(() => watch.close());

  function until(time: number): void {
    for (;;) {
      const next = due.filter((one) => one.at <= time).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      due = due.filter((one) => one !== next);
      now = Math.max(now, next.at);
      next.action();
    }
    now = time;
  }

  test("says on the timeline what is missing, why, and what to do, once", () => {
    watch.take(event("dhcp.offer", 0, { address: "10.0.0.7" }));
    until(29_999);
    expect(lines).toEqual([]);
    until(3_600_000);
    expect(lines).toEqual([
      expect.objectContaining({
        at: 30_000,
        mac: MAC,
        machine: "web-1",
        kind: "machine.stalled",
        data: { code: "BW_STALL_NO_REQUEST" },
        text: expect.stringMatching(/^an address was offered.* Usual cause: .* \[BW_STALL_NO_REQUEST\]$/),
      }),
    ]);
  });

  test("says once that a stall is over, and goes on to watch", () => {
    watch.take(event("dhcp.offer", 0, { address: "10.0.0.7" }));
    until(100_000);
    watch.take(event("dhcp.ack", 100, { address: "10.0.0.7", file: "ipxe.efi" }));
    watch.take(event("dhcp.ack", 101, { address: "10.0.0.7", file: "ipxe.efi" }));
    expect(lines.map(({ kind, text }) => [kind, text.replace(/.*\[/, "[")])).toEqual([
      ["machine.stalled", "[BW_STALL_NO_REQUEST]"],
      ["machine.resumed", "[BW_STALL_NO_REQUEST]"],
    ]);
    until(3_600_000);
    expect(lines.at(-1)).toMatchObject({ kind: "machine.stalled", data: { code: "BW_STALL_NO_LOADER" } });
  });

  test("says nothing of a machine that goes on, and watches each by itself", () => {
    watch.take(event("dhcp.offer", 0, { address: "10.0.0.7" }));
    watch.take({ ...event("dhcp.offer", 0, { address: "10.0.0.8" }), machine: "web-2" });
    until(20_000);
    watch.take(event("dhcp.ack", 20, { address: "10.0.0.7" }));
    until(3_600_000);
    expect(lines.map((line) => line.machine)).toEqual(["web-2"]);
  });

  test("waits for nothing when it is closed", () => {
    watch.take(event("dhcp.offer", 0, { address: "10.0.0.7" }));
    watch.close();
    expect(due).toEqual([]);
  });
});
