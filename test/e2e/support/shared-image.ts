import { resolve } from "node:path";
import { expect } from "vitest";
import { type CloudImage, cloudImage, missingForCloudImage } from "../../../src/demo/cloud-image.ts";
import { alone } from "../../support/alone.ts";

const CACHE = resolve(".cache");

/** Milliseconds for `sharedImage`: many times what an idle host needs, and somebody else may have begun just now. */
export const IMAGE_DEADLINE = 45 * 60_000;

/** The demo's disk image. Whoever needs it first makes it, the others wait: two at once would take twice as long. */
export async function sharedImage(): Promise<CloudImage> {
  expect(missingForCloudImage()).toEqual([]);
  return await alone(`image in ${CACHE}`, () => cloudImage(CACHE, (line) => console.error(line)));
}
