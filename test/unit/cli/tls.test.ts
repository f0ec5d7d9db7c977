import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  CERTIFICATE_NEEDS,
  type CertificateFiles,
  letExpire,
  makeCertificate,
  readPem,
} from "../../support/certificate.ts";
import { describeIf } from "../../support/require.ts";
import { bootwire } from "./run.ts";

const EVENT = {
  ...{ id: 7, at: 1, mac: null, machine: null, attempt: null },
  ...{ kind: "note", text: "hello", data: null },
};

describeIf(CERTIFICATE_NEEDS, "commands to a daemon with TLS", () => {
  /** A config, and a server by TLS that answers as the daemon of it would. */
  const open = async (make: (folder: string) => { shown: CertificateFiles; named: string }) => {
    const folder = mkdtempSync(join(tmpdir(), "bootwire-cli-tls-"));
    const { shown, named } = make(folder);
    const { certificate: cert, key } = readPem(shown);
    const server = createServer({ cert, key }, (request, response) => {
      if (request.headers.authorization !== "Bearer secret") return void response.writeHead(500).end();
      if (request.url?.includes("stream")) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        return void response.write(`id: 7\ndata: ${JSON.stringify(EVENT)}\n\n`);
      }
      response.end(JSON.stringify(request.url?.includes("events") ? { events: [] } : { machines: [] }));
    });
    const port = await listen(server);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, "admin-token"), "secret\n");
    const config = join(folder, "bootwire.yaml");
    const tls = `tls: {certificate: ${named}, key: unreadable.key}`;
    writeFileSync(config, `admin: {listen: "127.0.0.1:${port}", ${tls}}\nstate: .\n`);
    return { folder, run: (...args: string[]) => bootwire([...args, "--config", config]) };
  };
  const machines = ["machines", "--json"];

  test("trust the certificate that the config names, whatever names are in it and whoever signed it", async () => {
    for (const isSigned of [false, true]) {
      const { run } = await open((folder) => {
        const by = isSigned ? makeCertificate(folder, "ca", { isAuthority: true }) : undefined;
        const shown = makeCertificate(folder, "boot", { names: "DNS:boot.example.org", ...(by && { by }) });
        return { shown, named: "boot.pem" };
      });
      expect(await run(...machines)).toMatchObject({ code: 0, err: "" });
    }
  });

  test("trust nobody who shows another certificate than the daemon's", async () => {
    const { run } = await open((folder) => {
      makeCertificate(folder, "ours");
      return { shown: makeCertificate(folder, "theirs"), named: "ours.pem" };
    });
    const ran = await run(...machines);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.err)).toMatchObject({
      error: { code: "BW_TLS_UNTRUSTED", hint: expect.stringContaining("--ca FILE") },
    });
  });

  test("say of a certificate whose time is not now that this is the reason", async () => {
    const { run } = await open((folder) => {
      const shown = makeCertificate(folder, "ours");
      letExpire(shown);
      return { shown, named: "ours.pem" };
    });
    const ran = await run(...machines);
    expect(JSON.parse(ran.err)).toMatchObject({
      error: { code: "BW_TLS_UNTRUSTED", message: expect.stringContaining("CERT_HAS_EXPIRED") },
    });
    expect(ran.err).toContain("Renew it");
  });

  test("doctor takes one who shows an untrusted certificate for the daemon, and its ports for held by it", async () => {
    const { folder, run } = await open((at) => {
      for (const kind of ["ours", "theirs"]) makeCertificate(at, kind);
      return {
        shown: { certificate: join(at, "theirs.pem"), key: join(at, "theirs.key") },
        named: "ours.pem",
      };
    });
    copyFileSync(join(folder, "ours.key"), join(folder, "unreadable.key"));
    const { out } = await run("doctor", "--json", "--wait", "0");
    const { findings }: { findings: { check: string; code: string | null; text: string }[] } =
      JSON.parse(out);
    const said = findings.filter(({ check }) => check === "daemon" || check === "ports");
    expect(said).toEqual([
      expect.objectContaining({ status: "warn", code: "BW_DOCTOR_DAEMON" }),
      expect.objectContaining({ status: "ok", text: "held by the running daemon" }),
    ]);
    expect(said[0]?.text).toContain("a certificate that is not trusted");
  });

  test("trust an authority that is named, for the names that it signed alone", async () => {
    const signed = (names: string) => (folder: string) => {
      const by = makeCertificate(folder, "ca", { isAuthority: true });
      return { shown: makeCertificate(folder, "boot", { names, by }), named: "not-for-this-user.pem" };
    };
    const right = await open(signed("IP:127.0.0.1"));
    expect(await right.run(...machines)).toMatchObject({ code: 1 });
    expect(await right.run(...machines, "--ca", join(right.folder, "ca.pem"))).toMatchObject({ code: 0 });
    const wrong = await open(signed("DNS:boot.example.org"));
    const ran = await wrong.run(...machines, "--ca", join(wrong.folder, "ca.pem"));
    expect(ran.err).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
    const missing = await wrong.run(...machines, "--ca", join(wrong.folder, "gone.pem"));
    expect(ran.code).toBe(1);
    expect(JSON.parse(missing.err)).toMatchObject({ error: { code: "BW_CA" } });
  });

  test("follow the timeline by TLS", async () => {
    const { folder } = await open((at) => ({ shown: makeCertificate(at, "boot"), named: "boot.pem" }));
    const enough = new AbortController();
    const ran = await bootwire(["events", "--follow", "--json", "--config", join(folder, "bootwire.yaml")], {
      signal: enough.signal,
      onOut: () => enough.abort(),
    });
    expect(JSON.parse(ran.out)).toMatchObject(EVENT);
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
