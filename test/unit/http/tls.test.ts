import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { listenOn } from "../../../src/http/listen.ts";
import { CERTIFICATE_NEEDS, makeCertificate, readPem } from "../../support/certificate.ts";
import { describeIf } from "../../support/require.ts";
import { AdminLab } from "./admin-lab.ts";

describeIf(CERTIFICATE_NEEDS, "the admin interface by TLS", () => {
  const open = async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootwire-tls-"));
    const first = readPem(makeCertificate(folder, "first"));
    const second = readPem(makeCertificate(folder, "second"));
    const admin = await AdminLab.create();
    const port = await freePort();
    const listening = await listenOn(admin.app, ["127.0.0.1"], port, first);
    onTestFinished(async () => {
      await listening.close();
      rmSync(folder, { recursive: true });
    });
    return { admin, listening, port, first, second };
  };

  test("logs a browser in with a cookie that it sends by TLS alone", async () => {
    const { admin, port, first } = await open();
    const body = JSON.stringify({ token: admin.parts.token });
    const headers = { "content-type": "application/json", origin: `https://127.0.0.1:${port}` };
    const answer = await new Promise<{ cookie: string; body: string }>((resolve, reject) => {
      const url = `https://127.0.0.1:${port}/api/v1/session`;
      request(url, { method: "POST", headers, ca: first.certificate }, async (response) => {
        resolve({ cookie: String(response.headers["set-cookie"]), body: await text(response) });
      })
        .once("error", reject)
        .end(body);
    });
    expect(JSON.parse(answer.body)).toMatchObject({ expiresAt: expect.any(Number) });
    expect(answer.cookie).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/);
    // The same login without TLS: a browser would keep a Secure cookie to itself then.
    const plain = await admin.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: { host: "a", origin: "http://a" },
      payload: { token: admin.parts.token },
    });
    expect(String(plain.headers["set-cookie"])).not.toContain("Secure");
  });

  test("speaks TLS 1.2 and 1.3, and nothing older", async () => {
    const { port, first } = await open();
    const versions = ["TLSv1.3", "TLSv1.2", "TLSv1.1"] as const;
    const spoken = await Promise.all(versions.map((version) => handshake(port, first.certificate, version)));
    expect(spoken.map((one) => (one instanceof Error ? "refused" : one.protocol))).toEqual([
      "TLSv1.3",
      "TLSv1.2",
      "refused",
    ]);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  test("shows a renewed certificate to the next that comes, and keeps the old one where the new one is bad", async () => {
    const { listening, port, first, second } = await open();
    const both = first.certificate + second.certificate;
    const commonName = async () => {
      const one = await handshake(port, both, "TLSv1.3");
      return one instanceof Error ? one.message : one.name;
    };
    expect(await commonName()).toBe("first");
    expect(() => listening.renew({ certificate: second.certificate, key: first.key })).toThrow();
    expect(await commonName()).toBe("first");
    listening.renew(second);
    expect(await commonName()).toBe("second");
  });
});

function handshake(
  port: number,
  ca: string,
  version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3",
): Promise<Error | { readonly protocol: string | null; readonly name: string }> {
  return new Promise((resolve) => {
    // At OpenSSL's usual level of security TLS 1.1 is not even asked for.
    const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca, ...options }, () => {
      resolve({ protocol: socket.getProtocol(), name: String(socket.getPeerCertificate().subject.CN) });
      socket.destroy();
    });
    socket.once("error", resolve);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
