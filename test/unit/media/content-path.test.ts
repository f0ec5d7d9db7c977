import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinPath, mediaPath, parseContentPath, proxmoxIsoPath } from "../../../src/media/content-path.ts";

const ISO = "proxmox-ve_9.2-1.iso";
const TOKEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

describe("content paths", () => {
  it.each([
    ["assets/ipxe.efi", { kind: "asset", name: "ipxe.efi" }],
    ["media/debian/linux", { kind: "media", path: "debian/linux" }],
    [mediaPath("ubuntu.iso", "/casper/vmlinuz"), { kind: "media", path: "ubuntu.iso/casper/vmlinuz" }],
    ["media/ubuntu.iso/", { kind: "media", path: "ubuntu.iso/" }],
    [proxmoxIsoPath(ISO), { kind: "proxmox-iso", iso: ISO, answerUrl: undefined }],
    [
      proxmoxIsoPath(`isos/${ISO}`, "http://10.0.0.1:8080/a/TOKEN/answers/proxmox"),
      {
        kind: "proxmox-iso",
        iso: `isos/${ISO}`,
        answerUrl: "http://10.0.0.1:8080/a/TOKEN/answers/proxmox",
      },
    ],
    [
      joinPath([
        { content: mediaPath(ISO, "boot/initrd.img") },
        {
          content: proxmoxIsoPath(ISO, `http://192.168.100.100:8080/a/${TOKEN}/answers/proxmox`),
          as: "/proxmox.iso",
        },
      ]),
      {
        kind: "join",
        parts: [
          { content: { kind: "media", path: `${ISO}/boot/initrd.img` }, as: undefined },
          {
            content: {
              kind: "proxmox-iso",
              iso: ISO,
              answerUrl: `http://192.168.100.100:8080/a/${TOKEN}/answers/proxmox`,
            },
            as: "proxmox.iso",
          },
        ],
      },
    ],
  ])("%s", (path, expected) => {
    expect(parseContentPath(path)).toEqual(expected);
  });

  it.each([
    "",
    "media",
    "assets/",
    "secret/file",
    "media/../secret",
    "media/a\0b",
    "join/secret",
    "join/media/a/+",
    "join/+/media/a",
    "join/media/a/=/b/=/c",
    "join/media/a/=",
    "join/media/a/=/../b",
    "join/join/media/a",
    "join/media/../a/+/media/b",
    "proxmox-iso/media/a.iso",
    "proxmox-iso/@/assets/a.iso",
    "proxmox-iso/@/media/",
    "proxmox-iso/ftp/host/@/media/a.iso",
    "proxmox-iso/http/@/media/a.iso",
    `join/${Array.from({ length: 17 }, () => "media/a").join("/+/")}`,
  ])("%j is none", (path) => {
    expect(parseContentPath(path)).toBeUndefined();
  });

  it.each([
    () => joinPath([]),
    () => joinPath([{ content: "media/a/+/b/../c" }]),
    () => joinPath([{ content: "nowhere/a" }]),
    () => joinPath([{ content: `media/${"x".repeat(260)}` }]),
    () => proxmoxIsoPath(ISO, "http://host/path?query"),
    () => proxmoxIsoPath(ISO, "ftp://host/path"),
    () => proxmoxIsoPath(ISO, "http://host/../path"),
    () => proxmoxIsoPath("a/../../b"),
  ])("what cannot be named is refused at once (%#)", (make) => {
    expect(make).toThrowError(expect.objectContaining({ code: "BW_CONTENT_PATH" }));
  });

  it("every text is read or refused, and never as a way up", () => {
    const word = fc.constantFrom(
      "media",
      "assets",
      "join",
      "proxmox-iso",
      "http",
      "h:1",
      "a",
      "+",
      "=",
      "@",
      "..",
      "",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const read = parseContentPath(words.join("/"));
        expect(JSON.stringify(read) ?? "").not.toContain("..");
      }),
    );
  });
});
