import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import type { Running } from "../../../src/bench/lab.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "../daemon/daemon-lab.ts";
import { DESK, logIn, newPage, openBrowser, PHONE, picture, seriousFindings, visit } from "./browser.ts";
import { SimulatedMachine } from "./machine.ts";

const MACS = {
  web: "52:54:00:aa:00:01",
  db: "52:54:00:aa:00:02",
  old: "52:54:00:aa:00:03",
  stranger: "52:54:00:bb:00:01",
} as const;

const config = `
dhcp:
  mode: server
  unknownHosts: ignore
  subnets: [{ cidr: 10.99.0.0/16, pool: 10.99.1.10-10.99.1.20, router: 10.99.0.1 }]
defaults:
  users: [{ name: ada, password: correct horse battery }]
profiles:
  cloud: { installer: image, image: disk.raw, attempts: { onFailure: hold } }
  trixie: { installer: debian, kernel: d/linux, initrd: d/initrd.gz, suite: trixie, mirror: { host: deb.example.org } }
hosts:
  - { name: web-1, mac: "${MACS.web}", profile: cloud, address: 10.99.7.1, disk: /dev/vda }
  - { name: db-1, mac: "${MACS.db}", profile: cloud, address: 10.99.7.2, disk: /dev/sda }
  - { name: old-1, mac: "${MACS.old}", profile: cloud, address: 10.99.7.3 }
  - { name: build-1, mac: "52:54:00:aa:00:04", profile: trixie }
  - { name: printer, mac: "52:54:00:aa:00:05", address: 10.99.7.9 }
`;

/** What udhcpc calls when it has a lease: takes its address, as a boot ROM does. */
const SCRIPT = `#!/bin/sh
[ "$1" = bound ] && ip addr flush dev "$interface" && ip addr replace "$ip/16" dev "$interface"
exit 0
`;

const needs = { ...DAEMON_NEEDS, commands: ["ip", "curl", "udhcpc", "chromium"] };

describeIf({ ...needs, files: [...DAEMON_NEEDS.files, "dist/ui/index.html"] }, "the dashboard", () => {
  let lab: DaemonLab;
  let daemon: Running;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let token: string;

  beforeAll(async () => {
    lab = new DaemonLab("dash", config);
    writeFileSync(lab.path("script"), SCRIPT);
    chmodSync(lab.path("script"), 0o755);
    writeFileSync(lab.path("media/disk.raw"), "");
    truncateSync(lab.path("media/disk.raw"), 64 * 1024 * 1024);
    daemon = await lab.start();
    // Not all of them are blank.
    for (const name of ["old-1", "build-1"]) await lab.bootwire("local", name);
    browser = await openBrowser(lab);
    token = readFileSync(lab.path("state/admin-token"), "utf8").trim();
  });

  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
    lab?.close();
  });

  beforeEach(async () => {
    ({ page, context } = await newPage(browser));
  });

  afterEach(() => context.close());

  /** Whatever happened before: this machine is to be installed at its next boot. */
  async function armed(name: string, mac: string): Promise<SimulatedMachine> {
    const ran = await lab.bootwire("reinstall", name);
    expect(ran.status, ran.stderr).toBe(0);
    return new SimulatedMachine(lab, mac);
  }

  test("a wrong token is told, the right one opens it, and logging out closes it", async () => {
    await page.goto("http://127.0.0.1:8081");
    await page.getByLabel("Token").fill("guessed");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("BW_LOGIN").waitFor();
    await picture(page, "login");
    await logIn(page, token);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in to Bootwire" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Log in to Bootwire" }).waitFor();
  });

  test("a machine goes from DISCOVER to booted before one's eyes, without a reload", async () => {
    const machine = await armed("web-1", MACS.web);
    await logIn(page, token);
    await page.evaluate("window.stillTheSame = true");
    const row = page.getByRole("row", { name: /web-1/ });
    await row.getByText("ready").waitFor();
    await visit(page, "/machines/web-1", "web-1");
    const timeline = page.getByRole("region", { name: "Timeline" });

    await machine.dhcp();
    await timeline.getByText("dhcp.ack").first().waitFor();
    await machine.loader();
    await timeline
      .getByText(/undionly\.kpxe by TFTP/)
      .first()
      .waitFor();
    await machine.script();
    await timeline.getByText("attempt.began").first().waitFor();
    await page.getByText("installing", { exact: true }).waitFor();
    await machine.say("started");
    await machine.say("progress", { percent: 40, text: "writing" });
    await page.getByText("40 %", { exact: true }).waitFor();
    expect(await page.getByRole("progressbar", { name: "Install of web-1" }).getAttribute("value")).toBe(
      "40",
    );

    const downloaded = machine.download("disk.raw", 24 * 1024 * 1024);
    await page.getByRole("progressbar", { name: "media/disk.raw over HTTP" }).waitFor();
    await picture(page, "machine-installing");
    await visit(page, "/traffic", "Traffic");
    await page.getByRole("progressbar", { name: "media/disk.raw over HTTP" }).waitFor();
    await page.getByRole("img", { name: /[1-9][\d.]* MiB by HTTP/ }).waitFor();
    await picture(page, "traffic");
    await visit(page, "/", "Machines");
    await row.getByRole("progressbar").first().waitFor();
    await picture(page, "machines-installing", 500);
    await downloaded;
    await row.getByRole("progressbar", { name: /disk\.raw/ }).waitFor({ state: "detached" });

    await machine.say("done");
    await row.getByText("waiting for the system").waitFor();
    await machine.dhcp();
    expect(await machine.script()).toContain("sanboot");
    await machine.say("booted");
    await row.getByText("installed", { exact: true }).waitFor();
    await row.getByRole("link", { name: "web-1" }).click();
    await timeline.getByText("attempt.booted").or(timeline.getByText("machine.booted")).first().waitFor();
    await page.getByRole("region", { name: "Attempts" }).getByText("succeeded").first().waitFor();
    const kinds = await timeline.locator(".kind").allTextContents();
    expect(kinds.indexOf("attempt.done")).toBeLessThan(kinds.indexOf("attempt.began"));
    expect(await page.evaluate("window.stillTheSame")).toBe(true);
    await picture(page, "machine-installed");
  });

  test("cancel ends an install; its token is void and the machine is held", async () => {
    const machine = await armed("db-1", MACS.db);
    await machine.dhcp();
    await machine.script();
    await logIn(page, token);
    await visit(page, "/machines/db-1", "db-1");
    await page.getByRole("button", { name: "Cancel install…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the install" }).click();
    await page.getByText("failed", { exact: true }).first().waitFor();
    await page.getByRole("region", { name: "Now" }).getByText("is held").waitFor();
    await page.getByRole("region", { name: "Attempts" }).getByText("cancelled").first().waitFor();
    await expect(machine.say("done")).rejects.toThrow("410");
  });

  test("reinstall names the disk that will be wiped, and is only done when it is confirmed", async () => {
    const machine = await armed("db-1", MACS.db);
    await lab.bootwire("local", "db-1");
    await logIn(page, token);
    await visit(page, "/machines/db-1", "db-1");
    await page.getByRole("button", { name: "Reinstall…" }).click();
    const dialog = page.getByRole("dialog", { name: "Reinstall db-1?" });
    await dialog.getByText("/dev/sda").first().waitFor();
    await dialog.getByText("cloud").waitFor();
    await picture(page, "reinstall", DESK.height);
    await dialog.getByRole("button", { name: "Leave it" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await machine.script()).toContain("sanboot");
    await page.getByRole("button", { name: "Reinstall…" }).click();
    await dialog.getByRole("button", { name: "Wipe /dev/sda" }).click();
    await page.getByText("ready", { exact: true }).waitFor();
    expect(await machine.script()).toContain("bootwire.image=");
  });

  test("an unknown machine turns up by itself, with lines that the config takes", async () => {
    await logIn(page, token);
    await visit(page, "/unknown", "Unknown machines");
    await new SimulatedMachine(lab, MACS.stranger).dhcpInVain();
    const row = page.getByRole("row", { name: new RegExp(MACS.stranger) });
    await row.getByText("UEFI").waitFor();
    await row.getByRole("button", { name: /Make it a host/ }).click();
    const yaml = await page.getByLabel("Lines for the config").inputValue();
    await picture(page, "unknown", DESK.height);
    expect(parse(`hosts:\n${yaml}`)).toMatchObject({ hosts: [{ mac: MACS.stranger, profile: "cloud" }] });
    lab.configure(`${config}${yaml}`);
    await page.getByRole("button", { name: "Done" }).click();
    await row.waitFor({ state: "detached" });
    await visit(page, "/", "Machines");
    await page.getByRole("row", { name: /machine-bb0001/ }).waitFor();
  });

  test("a refused config is told on every page until it is right", async () => {
    await logIn(page, token);
    lab.configure(config.replace("mode: server", "mode: servant"));
    await page.getByText("The changed config is refused").waitFor();
    await page
      .getByText(/bootwire\.yaml:4:9/)
      .first()
      .waitFor();
    await picture(page, "config-refused");
    lab.configure(config);
    await page.getByText("The changed config is refused").waitFor({ state: "detached" });
  });

  test("what it would be served shows scripts and answers, and no secret", async () => {
    await logIn(page, token);
    await visit(page, "/machines/build-1", "build-1");
    await page.getByRole("heading", { name: "What it would be served now" }).click();
    const preview = page.getByRole("region", { name: "What it would be served now" });
    await preview.getByText("undionly.kpxe").first().waitFor();
    await preview.getByText("late.sh", { exact: true }).click();
    await preview
      .getByRole("region", { name: "late.sh" })
      .getByText(/\$6\$MASKED/)
      .waitFor();
    expect(await preview.textContent()).not.toMatch(/\$6\$(?!MASKED)/);
    await preview.getByRole("radio", { name: "UEFI" }).check();
    await preview.getByText("grub.cfg", { exact: true }).waitFor();
    await picture(page, "machine-preview");
  });

  test("the keyboard alone is enough, and the focus is where one is", async () => {
    const { page: other, context: own } = await newPage(browser);
    await logIn(other, token);
    const focused = () => other.evaluate("document.activeElement?.textContent?.trim()");
    const tabTo = async (text: string) => {
      for (let i = 0; i < 60; i++) {
        if ((await focused()) === text) return;
        await other.keyboard.press("Tab");
      }
      throw new Error(`the keyboard does not reach ${text}`);
    };
    await other.evaluate("document.activeElement?.blur?.()");
    await other.keyboard.press("Tab");
    await tabTo("Skip to content");
    await other.keyboard.press("Enter");
    await tabTo("old-1");
    await other.keyboard.press("Enter");
    await other.getByRole("heading", { level: 1, name: "old-1" }).waitFor();
    await expect.poll(focused).toBe("old-1");
    await tabTo("Boot local…");
    const outline = await other.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).toBe("solid");
    await other.keyboard.press("Enter");
    const dialog = other.getByRole("dialog");
    await dialog.waitFor();
    await expect.poll(focused).toBe("Leave it");
    for (let i = 0; i < 5; i++) {
      await other.keyboard.press("Tab");
      // The dialog, or the browser's own bar: never what is behind.
      expect(
        await other.evaluate(
          "!document.querySelector('main').contains(document.activeElement) || document.querySelector('dialog').contains(document.activeElement)",
        ),
      ).toBe(true);
    }
    await other.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect.poll(focused).toBe("Boot local…");
    await own.close();
  });

  const pages = [
    ["/", "Machines"],
    ["/machines/web-1", "web-1"],
    ["/unknown", "Unknown machines"],
    ["/leases", "Leases"],
    ["/media", "Media"],
    ["/traffic", "Traffic"],
  ] as const;

  test.each(["light", "dark"] as const)("axe finds nothing serious on any page, %s", async (colorScheme) => {
    // There has to be a lease to look at.
    await new SimulatedMachine(lab, MACS.old).dhcp();
    const { page: other, context: own } = await newPage(browser, { colorScheme });
    await other.goto("http://127.0.0.1:8081");
    await other.getByLabel("Token").waitFor();
    expect(await seriousFindings(other)).toEqual([]);
    await logIn(other, token);
    for (const [route, heading] of pages) {
      await visit(other, route, heading);
      if (route === "/leases") await other.getByRole("table").waitFor();
      expect(await seriousFindings(other), route).toEqual([]);
      await picture(other, `${heading.toLowerCase().replaceAll(" ", "-")}-${colorScheme}`, 720);
    }
    await visit(other, "/machines/web-1", "web-1");
    await other.getByRole("button", { name: "Reinstall…" }).click();
    expect(await seriousFindings(other), "dialog").toEqual([]);
    await picture(other, `dialog-${colorScheme}`, DESK.height);
    await own.close();
  });

  test("a phone shows every page whole, without scrolling sideways", async () => {
    // Long words of a stranger's, and a lease.
    await new SimulatedMachine(lab, MACS.stranger).dhcpInVain();
    await new SimulatedMachine(lab, MACS.old).dhcp();
    const { page: other, context: own } = await newPage(browser, { viewport: PHONE, hasTouch: true });
    await logIn(other, token);
    for (const [route, heading] of pages) {
      await visit(other, route, heading);
      if (route === "/unknown" || route === "/leases") await other.getByRole("table").waitFor();
      const overflow = await other.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      expect(overflow, route).toBeLessThanOrEqual(0);
      // The menu is whole, with a number beside "Unknown".
      const cut = await other.evaluate(
        "[...document.querySelectorAll('.top nav ul')].some((one) => one.scrollWidth > one.clientWidth)",
      );
      expect(cut, route).toBe(false);
      // Texts have room for words, not for letters.
      const narrow = await other.evaluate(
        "[...document.querySelectorAll('.reason, .text')].filter((one) => one.clientWidth < 120).length",
      );
      expect(narrow, route).toBe(0);
      await picture(other, `phone-${heading.toLowerCase().replaceAll(" ", "-")}`, PHONE.height);
    }
    await own.close();
  });

  test("a daemon that goes away is told, and the page is live again by itself when it is back", async () => {
    await logIn(page, token);
    await daemon.stop();
    await page.getByText("The daemon does not answer").waitFor();
    daemon = await lab.restart();
    await page.getByText("The daemon does not answer").waitFor({ state: "detached" });
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("row", { name: /web-1/ }).waitFor();
  });

  test("a lost state is told on every page, and nothing is installed until the admin has decided", async () => {
    const machine = await armed("web-1", MACS.web);
    await daemon.stop();
    rmSync(lab.path("state"), { recursive: true });
    daemon = await lab.restart();
    token = readFileSync(lab.path("state/admin-token"), "utf8").trim();
    await logIn(page, token);
    const told = page.getByText("Nothing is installed: the state was found lost.");
    for (const [route, heading] of pages) {
      await visit(page, route, heading);
      await told.waitFor();
    }
    expect(await seriousFindings(page)).toEqual([]);
    expect(await machine.script()).toContain("sanboot");
    await visit(page, "/", "Machines");
    await picture(page, "state-lost", 480);

    await page.getByRole("button", { name: "Decide…" }).click();
    const dialog = page.getByRole("dialog", { name: "What does the lost state mean?" });
    await picture(page, "state-lost-decide", DESK.height);
    await dialog.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "detached" });
    await told.waitFor();
    await page.getByRole("button", { name: "Decide…" }).click();
    await dialog.getByRole("button", { name: "They are installed" }).click();
    await told.waitFor({ state: "detached" });
    await page.getByRole("row", { name: /web-1/ }).getByText("installed", { exact: true }).waitFor();
    expect(await machine.script()).toContain("sanboot");
  });
});
