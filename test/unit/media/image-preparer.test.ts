import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Catalogue } from "../../../src/media/catalogue.ts";
import { DigestIndex } from "../../../src/media/digest-index.ts";
import { ImagePreparer, type ImageStatus } from "../../../src/media/image-preparer.ts";
import { describeIf } from "../../support/require.ts";
import { imageProfile } from "../support/config.ts";

let root: string;
let media: string;
const RAW = randomBytes(1024 * 1024);
const RAW_DIGEST = createHash("sha256").update(RAW).digest("hex");

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bootwire-images-"));
  media = join(root, "media");
  await mkdir(media);
  await writeFile(join(media, "golden.raw"), RAW);
});

afterAll(() => rm(root, { recursive: true }));

function preparer(): ImagePreparer {
  const catalogue = new Catalogue({ path: () => undefined }, () => media);
  return new ImagePreparer(catalogue, () => media, new DigestIndex(join(root, "digests.json")));
}

async function settled(
  images: ImagePreparer,
  said: Parameters<typeof imageProfile>[0],
): Promise<ImageStatus> {
  await images.status(imageProfile(said));
  await images.settled();
  return images.status(imageProfile(said));
}

describe("a disk image before it is written anywhere", () => {
  it("is measured in the background: the first question is told to wait", async () => {
    const images = preparer();
    expect(await images.status(imageProfile({}))).toMatchObject({ kind: "preparing" });
    await images.settled();
    expect(await images.status(imageProfile({}))).toMatchObject({
      kind: "ready",
      image: { sha256: RAW_DIGEST, size: RAW.length, rawSize: RAW.length },
    });
  });

  it("is refused when it is not what the config promises", async () => {
    const status = await settled(preparer(), { sha256: "0".repeat(64) });
    expect(status).toMatchObject({ kind: "broken", error: { code: "BW_MEDIA_DIGEST" } });
  });

  it("is refused when it is missing", async () => {
    const status = await preparer().status(imageProfile({ image: "gone.raw" }));
    expect(status).toMatchObject({ kind: "broken", error: { code: "BW_MEDIA_MISSING" } });
  });

  it("is measured anew when the file changed", async () => {
    const images = preparer();
    await writeFile(join(media, "changing.raw"), "one");
    await settled(images, { image: "changing.raw" });
    await writeFile(join(media, "changing.raw"), "other");
    const status = await settled(images, { image: "changing.raw" });
    expect(status).toMatchObject({ image: { sha256: createHash("sha256").update("other").digest("hex") } });
  });

  it("does not survive on a damaged memory of digests", async () => {
    await writeFile(join(root, "digests.json"), "{ not json");
    expect(await settled(preparer(), {})).toMatchObject({ kind: "ready", image: { sha256: RAW_DIGEST } });
  });
});

describeIf({ commands: ["qemu-img"] }, "a qcow2 image", () => {
  beforeAll(() => {
    execFileSync("qemu-img", [
      "convert",
      "-O",
      "qcow2",
      join(media, "golden.raw"),
      join(media, "golden.qcow2"),
    ]);
  });

  it("is converted once and served as raw", async () => {
    const images = preparer();
    const status = await settled(images, { image: "golden.qcow2" });
    if (status.kind !== "ready") throw new Error(`not ready: ${JSON.stringify(status)}`);
    expect(status.image).toEqual({ sha256: RAW_DIGEST, size: RAW.length, rawSize: RAW.length });
    expect((await readFile(status.path)).equals(RAW)).toBe(true);
    expect(await images.convertedPath("golden.qcow2")).toBe(status.path);
  });

  it("that is damaged is refused, and leaves no half conversion behind", async () => {
    await writeFile(join(media, "bad.qcow2"), "QFI but not really");
    const status = await settled(preparer(), { image: "bad.qcow2" });
    expect(status).toMatchObject({ kind: "broken", error: { code: "BW_MEDIA_CONVERT" } });
  });
});
