import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { CERTIFICATE_NEEDS, letExpire, makeCertificate } from "../../support/certificate.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const CONFIG = `dhcp: {mode: 'off'}
admin: {listen: "10.99.0.1:8443", tls: {certificate: live.pem, key: live.key}}
`;
const NEEDS = {
  ...DAEMON_NEEDS,
  commands: [...DAEMON_NEEDS.commands, ...CERTIFICATE_NEEDS.commands, "curl"],
};

describeIf(NEEDS, "a daemon with a certificate", () => {
  const open = () => {
    const lab = new DaemonLab("tls", CONFIG);
    onTestFinished(() => lab.close());
    for (const name of ["first", "second"]) makeCertificate(lab.path(""), name, { names: "IP:10.99.0.1" });
    const put = (name: string, kind: "pem" | "key") => {
      copyFileSync(lab.path(`${name}.${kind}`), lab.path("live.new"));
      renameSync(lab.path("live.new"), lab.path(`live.${kind}`));
    };
    put("first", "pem");
    put("first", "key");
    /** Whether it shows the certificate of this name, as curl sees it. */
    const shows = async (name: string) => {
      const ca = ["--cacert", lab.path(`${name}.pem`)];
      const url = "https://10.99.0.1:8443/healthz";
      return (await lab.beside("curl", "--silent", "--fail", ...ca, url)).status === 0;
    };
    return { lab, put, shows };
  };

  test("is reached by https, by strangers and its own commands, and takes up a renewed one while it runs", async () => {
    const { lab, put, shows } = open();
    const daemon = await lab.start();
    try {
      expect(daemon.output()).toContain("Admin API: https://10.99.0.1:8443");
      expect(daemon.output()).not.toContain("BW_CONFIG_ADMIN_EXPOSED");
      expect(await lab.bootwire("machines", "--json")).toMatchObject({ status: 0, stderr: "" });
      expect(
        (await lab.beside("curl", "--silent", "--fail", "http://10.99.0.1:8443/healthz")).status,
      ).not.toBe(0);
      expect([await shows("first"), await shows("second")]).toEqual([true, false]);

      // Half of a renewal, as long as it lasts.
      put("second", "pem");
      await daemon.printed(/BW_TLS_MISMATCH/);
      expect([await shows("first"), await shows("second")]).toEqual([true, false]);
      expect((await lab.bootwire("machines", "--json")).stderr).toContain("BW_TLS_UNTRUSTED");

      put("second", "key");
      await daemon.printed(/certificate changed: valid until/);
      expect([await shows("first"), await shows("second")]).toEqual([false, true]);
      expect(await lab.bootwire("machines", "--json")).toMatchObject({ status: 0 });
    } finally {
      await daemon.stop();
    }
  });

  test("does not start with one that cannot be served, and never goes on without encryption", async () => {
    const { lab, put } = open();
    put("second", "key");
    expect((await lab.bootwire("init")).status).toBe(0);
    expect(await lab.bootwire("check")).toMatchObject({
      status: 3,
      stdout: expect.stringContaining("bootwire.yaml:3:69: error: the key in"),
    });
    const daemon = await lab.serve();
    await daemon.printed(/BW_TLS_MISMATCH/);
    expect(await daemon.ended).toBe(3);
  });

  test("starts with one that has expired: it is warned of, shown, and refused by its own commands until it is renewed", async () => {
    const { lab, put, shows } = open();
    letExpire({ certificate: lab.path("live.pem"), key: lab.path("live.key") });
    expect((await lab.bootwire("init")).status).toBe(0);
    expect(await lab.bootwire("check")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("bootwire.yaml:3:54: warning: the certificate in"),
    });
    writeFileSync(lab.path("media/kernel"), "kernel");
    const daemon = await lab.restart();
    try {
      expect(daemon.output()).toContain("BW_TLS_EXPIRED");
      const boots = await lab.beside("curl", "--silent", "--fail", "http://10.99.0.1:8080/media/kernel");
      expect(boots).toMatchObject({ status: 0, stdout: "kernel" });
      expect((await lab.bootwire("machines", "--json")).stderr).toContain("CERT_HAS_EXPIRED");
      put("second", "pem");
      put("second", "key");
      await daemon.printed(/certificate changed: valid until/);
      expect(await shows("second")).toBe(true);
    } finally {
      await daemon.stop();
    }
  });

  test("prints the token at its first start, and never again", async () => {
    const { lab } = open();
    const init = await lab.bootwire("init");
    const token = readFileSync(lab.path("state/admin-token"), "utf8").trim();
    expect(init.stdout).toContain(`Token of the dashboard and the admin API: ${token}`);
    expect((await lab.bootwire("init")).stdout).not.toContain(token);
    const second = await lab.restart();
    await second.stop();
    expect(second.output()).not.toContain(token);

    // One who has removed it wants another.
    writeFileSync(lab.path("state/admin-token"), "");
    const third = await lab.restart();
    await third.stop();
    const fresh = readFileSync(lab.path("state/admin-token"), "utf8").trim();
    expect(fresh).not.toBe(token);
    expect(third.output().split(fresh)).toHaveLength(2);
    expect(third.output()).toContain(`shown this once, the token: ${fresh}`);
  });
});
