import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { DaemonLab } from "../daemon/daemon-lab.ts";

/** Where pictures of the pages are kept, for people to look at. */
const PICTURES = "artifacts/screenshots";

export const ADMIN = "http://127.0.0.1:8081";
export const DESK = { width: 1280, height: 860 };
export const PHONE = { width: 375, height: 740 };

/** Starts Debian's Chromium beside the daemon, in its namespace: it reaches nothing else. */
export async function openBrowser(lab: DaemonLab): Promise<Browser> {
  const { command, args } = lab.lab.inServer("chromium", []);
  const wrapper = lab.path("chromium");
  writeFileSync(wrapper, `#!/bin/sh\nexec ${[command, ...args].join(" ")} "$@"\n`);
  chmodSync(wrapper, 0o755);
  return chromium.launch({
    executablePath: wrapper,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Logs in as an admin does, with the token that the daemon made. */
export async function logIn(page: Page, token: string): Promise<void> {
  await page.goto(ADMIN);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Machines" }).waitFor();
}

/** Opens a page of the dashboard by its address, without loading anything anew. */
export async function visit(page: Page, route: string, heading: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(route)}`);
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
}

/**
 * Takes a picture of a page as it is when everything on it has come to rest: the whole page, or as much of it as `height`
 * says. It is kept in artifacts/screenshots/; `npm run screenshots` takes some from there for the documents.
 */
export async function picture(page: Page, name: string, height?: number): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const width = page.viewportSize()?.width ?? DESK.width;
  const part = height === undefined ? { fullPage: true } : { clip: { x: 0, y: 0, width, height } };
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: "disabled", ...part });
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/** What axe finds on a page that is serious or critical. */
export async function seriousFindings(page: Page): Promise<readonly Finding[]> {
  // Past the content security policy, which lets no foreign script in.
  await page.evaluate(`${await source()}; undefined`);
  const found: readonly Finding[] = await page.evaluate(`axe.run(document).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => node.html) })))`);
  return found.filter(({ impact }) => impact === "serious" || impact === "critical");
}

async function source(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(AXE, "utf8");
}

/** A window of its own, with its own cookies. */
export async function newPage(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
  const context = await browser.newContext({ viewport: DESK, ...options });
  context.setDefaultTimeout(30_000);
  return { context, page: await context.newPage() };
}
