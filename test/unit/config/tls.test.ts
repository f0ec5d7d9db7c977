import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readAdminTarget } from "../../../src/config/admin-target.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { createPasswordHasher } from "../../../src/config/passwords.ts";
import { type ConfigWatcher, watchConfig } from "../../../src/config/watch.ts";
import { LiveConfig } from "../../../src/daemon/live-config.ts";
import {
  CERTIFICATE_NEEDS,
  type CertificateFiles,
  makeCertificate,
  openssl,
} from "../../support/certificate.ts";
import { describeIf } from "../../support/require.ts";

const DAY = 24 * 60 * 60 * 1000;

describeIf(CERTIFICATE_NEEDS, "the certificate of the admin interface", () => {
  let folder: string;
  let good: CertificateFiles;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bootwire-tls-"));
    good = makeCertificate(folder, "good", { days: 90 });
    makeCertificate(folder, "other");
    makeCertificate(folder, "week", { days: 7 });
    makeCertificate(folder, "weak", { algorithm: "rsa:512" });
    openssl("x509", "-in", good.certificate, "-outform", "der", "-out", join(folder, "good.der"));
    openssl("pkey", "-in", good.key, "-aes256", "-passout", "pass:x", "-out", join(folder, "locked.key"));
    writeFileSync(join(folder, "none.pem"), "none\n");
    writeFileSync(join(folder, "half.pem"), readFileSync(good.certificate, "utf8").slice(0, 300));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = (certificate: string, key: string, days = 0) => {
    const file = join(folder, "bootwire.yaml");
    writeFileSync(file, `admin:\n  tls:\n    certificate: ${certificate}\n    key: ${key}\n`);
    return loadConfig(file, { now: () => Date.now() + days * DAY });
  };

  test.each([
    ["a certificate that is not there", "gone.pem", "good.key", 0, "3:18 BW_TLS_FILE", "name the PEM file"],
    ["a key that is not there", "good.pem", "gone.key", 0, "4:10 BW_TLS_FILE", "name the PEM file"],
    ["a folder", ".", "good.key", 0, "3:18 BW_TLS_FILE", "the right to read it"],
    ["no PEM", "none.pem", "good.key", 0, "3:18 BW_TLS_CERTIFICATE", "-----BEGIN CERTIFICATE-----"],
    ["half of a PEM", "half.pem", "good.key", 0, "3:18 BW_TLS_CERTIFICATE", "-----BEGIN CERTIFICATE-----"],
    ["DER", "good.der", "good.key", 0, "3:18 BW_TLS_CERTIFICATE", "openssl x509 -inform der"],
    [
      "a key that is too short to be served",
      "weak.pem",
      "weak.key",
      0,
      "3:18 BW_TLS_CERTIFICATE",
      "current kind",
    ],
    ["the certificate as key", "good.pem", "good.pem", 0, "4:10 BW_TLS_KEY", "-----BEGIN PRIVATE KEY-----"],
    ["an encrypted key", "good.pem", "locked.key", 0, "4:10 BW_TLS_KEY", "takes a passphrase away"],
    ["another's key", "good.pem", "other.key", 0, "4:10 BW_TLS_MISMATCH", "made together"],
  ])("%s: is refused, and it is said what to do", async (_what, certificate, key, days, problem, hint) => {
    const loaded = await load(certificate, key, days);
    const problems = loaded.ok ? [] : loaded.problems;
    expect(problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([problem]);
    expect(problems[0]?.hint).toContain(hint);
  });

  test.each([
    ["good.pem", "good.key", 0, []],
    ["good.pem", "good.key", 75, []],
    ["good.pem", "good.key", 77, ["BW_TLS_EXPIRES"]],
    ["week.pem", "week.key", 5, []],
    ["week.pem", "week.key", 6, ["BW_TLS_EXPIRES"]],
    ["good.pem", "good.key", 91, ["BW_TLS_EXPIRED"]],
    ["good.pem", "good.key", -1, ["BW_TLS_NOT_YET"]],
  ])("%s with %s, %i days later: is read, with the warnings %j", async (certificate, key, days, warnings) => {
    const loaded = await load(certificate, key, days);
    expect(loaded.ok && loaded.config.admin.tls).toMatchObject({
      certificate: join(folder, certificate),
      pem: { key: readFileSync(join(folder, key), "utf8") },
    });
    expect(loaded.warnings.map(({ code }) => code)).toEqual(warnings);
  });

  test.each([
    [91, "expired on", "renew it"],
    [-1, "is valid from", "timedatectl"],
  ])(
    "whose time is not now (%i days later): it is said at its place, and what to do",
    async (days, message, hint) => {
      const [warning] = (await load("good.pem", "good.key", days)).warnings;
      expect(warning).toMatchObject({ line: 3, column: 18, message: expect.stringContaining(message) });
      expect(warning?.message).toContain("refuse it");
      expect(warning?.hint).toContain(hint);
    },
  );

  test("is not asked for where it is not served, and tells commands how to reach the daemon", async () => {
    const file = join(folder, "elsewhere.yaml");
    writeFileSync(file, "admin: {listen: 0.0.0.0:8443, tls: {certificate: gone.pem, key: gone.key}}\n");
    expect(await loadConfig(file)).toMatchObject({ ok: true, warnings: [] });
    expect(await readAdminTarget(file)).toMatchObject({
      target: { port: 8443, certificate: join(folder, "gone.pem") },
    });
  });

  describe("in a running daemon", () => {
    let live: LiveConfig;
    let file: string;
    let now: number;
    beforeEach(async () => {
      for (const kind of ["pem", "key"]) put(`other.${kind}`, `live.${kind}`);
      file = join(folder, "live.yaml");
      writeFileSync(file, "admin: {tls: {certificate: live.pem, key: live.key}}\n");
      now = Date.now();
      live = await LiveConfig.open(file, { now: () => now });
    });
    /** As certbot and its like do. */
    const put = (from: string, to: string) => {
      writeFileSync(join(folder, `${to}.new`), readFileSync(join(folder, from)));
      renameSync(join(folder, `${to}.new`), join(folder, to));
    };
    const shown = () => live.active.config.admin.tls?.pem?.key;

    test("a renewed one is in force after a reload; a bad one is refused, and the old one stays", async () => {
      put("good.pem", "live.pem");
      await expect(live.reload()).rejects.toMatchObject({ problems: [{ code: "BW_TLS_MISMATCH" }] });
      expect(shown()).toBe(readFileSync(join(folder, "other.key"), "utf8"));
      put("good.key", "live.key");
      const { notes } = await live.reload();
      expect(notes).toEqual([expect.stringMatching(/^certificate changed: valid until 20/)]);
      expect(shown()).toBe(readFileSync(good.key, "utf8"));
    });

    test("one that is valid is not replaced by one that is not, until it is", async () => {
      const shows = (name: string) => expect(shown()).toBe(readFileSync(join(folder, name), "utf8"));
      const putWeek = () => {
        put("week.pem", "live.pem");
        put("week.key", "live.key");
      };
      now += 8 * DAY;
      putWeek();
      writeFileSync(file, "admin: {tls: {certificate: live.pem, key: live.key}}\nadvertise: 10.0.0.9\n");
      const { changed, notes } = await live.reload();
      shows("other.key");
      expect([changed, ...notes]).toEqual([
        true,
        "advertise changed",
        expect.stringMatching(/^certificate not taken up/),
      ]);
      expect(live.warnings.map(({ code }) => code)).toEqual(["BW_TLS_EXPIRED"]);

      // Its time comes without a change of the files: as after a clock that was wrong.
      now -= 8 * DAY;
      expect((await live.reload()).notes).toEqual([
        expect.stringMatching(/^certificate changed: valid until 20/),
      ]);
      shows("week.key");
    });

    test("one that has expired is replaced by another that has, so that a reload is never in its way", async () => {
      now += 91 * DAY;
      put("week.pem", "live.pem");
      put("week.key", "live.key");
      expect((await live.reload()).notes).toEqual([expect.stringMatching(/^certificate changed/)]);
      expect(shown()).toBe(readFileSync(join(folder, "week.key"), "utf8"));
    });

    test("other files for it are taken up at once; TLS itself goes and comes with a restart", async () => {
      writeFileSync(file, "admin: {tls: {certificate: good.pem, key: good.key}}\n");
      expect((await live.reload()).notes).toHaveLength(1);
      expect(shown()).toBe(readFileSync(good.key, "utf8"));
      writeFileSync(file, "admin: {metrics: token}\n");
      expect((await live.reload()).notes).toEqual(["admin changed: taken up at the next start"]);
      expect(shown()).toBe(readFileSync(good.key, "utf8"));
    });

    test("a change of its files is seen, whether or not the one before was good", async () => {
      const told: string[] = [];
      let onTold: (() => void) | undefined;
      const tell = (what: string) => {
        told.push(what);
        onTold?.();
      };
      const until = async (count: number) => {
        while (told.length < count)
          await new Promise<void>((resolve) => {
            onTold = resolve;
          });
      };
      const watcher: ConfigWatcher = await watchConfig({
        path: file,
        hashPassword: createPasswordHasher(),
        now: () => Date.now(),
        schedule: (action, milliseconds) => {
          const timer = setTimeout(action, milliseconds);
          return () => clearTimeout(timer);
        },
        onConfig: ({ config }) => tell(config.admin.tls?.pem?.key ?? "none"),
        onProblems: (problems) => tell(problems.map(({ code }) => code).join()),
        onError: (error) => tell(String(error)),
      });
      onTestFinished(() => watcher.close());
      await until(1);
      put("good.key", "live.key");
      await until(2);
      put("good.pem", "live.pem");
      await until(3);
      const keys = ["other.key", "good.key"].map((name) => readFileSync(join(folder, name), "utf8"));
      expect(told).toEqual([keys[0], "BW_TLS_MISMATCH", keys[1]]);
    });
  });
});
