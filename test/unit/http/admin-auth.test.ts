import { describe, expect, test } from "vitest";
import { ENDPOINTS } from "../../../src/api/contract.ts";
import { createBootApp } from "../../../src/http/boot-app.ts";
import { AdminLab, codeOf } from "./admin-lab.ts";

const PAGE = { host: "boot.example:8081", origin: "http://boot.example:8081" };

async function login(lab: AdminLab, token: string, headers: Record<string, string> = PAGE) {
  return lab.inject({ method: "POST", url: "/api/v1/session", headers, payload: { token } });
}

/** The cookie as a browser would send it back. */
async function cookieOf(lab: AdminLab): Promise<string> {
  const { headers } = await login(lab, lab.parts.token);
  return String(headers["set-cookie"]).split(";")[0] ?? "";
}

function pathOf(endpoint: { readonly path: string }): string {
  return endpoint.path.replace(":name", "web-1").replace(":attempt", "a1");
}

describe("the admin API", () => {
  test.each(ENDPOINTS.filter((one) => !one.isOpen).map((one) => [`${one.method} ${one.path}`, one] as const))(
    "%s wants a token",
    async (_name, endpoint) => {
      const lab = await AdminLab.create();
      const { method } = endpoint;
      for (const headers of [
        {},
        { authorization: "Bearer wrong" },
        { authorization: lab.parts.token },
        { cookie: "bootwire_session=a.99999999999999.b" },
      ]) {
        const response = await lab.inject({ method, url: pathOf(endpoint), headers });
        expect(response.statusCode).toBe(401);
        expect(codeOf(response)).toBe("BW_UNAUTHORIZED");
      }
    },
  );

  test("is not served where machines ask", async () => {
    const lab = await AdminLab.create();
    const boot = createBootApp(lab.bootParts);
    const headers = { authorization: `Bearer ${lab.parts.token}` };
    for (const endpoint of [
      ...ENDPOINTS,
      { method: "GET", path: "/api/v1/openapi.json" } as const,
      { method: "GET", path: "/" } as const,
    ]) {
      const response = await boot.inject({ method: endpoint.method, url: pathOf(endpoint), headers });
      expect([response.statusCode, codeOf(response)]).toEqual([404, "BW_HTTP_NOT_FOUND"]);
    }
    await boot.close();
  });

  test("keeps browsers to its own pages, and answers out of caches", async () => {
    const lab = await AdminLab.create();
    for (const response of [await lab.ask("GET", "/status"), await lab.inject({ url: "/nowhere" })]) {
      expect(response.headers["content-security-policy"]).toContain("default-src 'none'");
      expect(response.headers["content-security-policy"]).not.toContain("unsafe");
      expect(response.headers["x-content-type-options"]).toBe("nosniff");
    }
    expect((await lab.ask("GET", "/status")).headers["cache-control"]).toBe("no-store");
  });
});

describe("a login", () => {
  test("gives a cookie that scripts and other sites never see, and that opens the API", async () => {
    const lab = await AdminLab.create();
    const response = await login(lab, `${lab.parts.token}\n`);
    expect(response.statusCode).toBe(200);
    expect(response.headers["set-cookie"]).toMatch(
      /^bootwire_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    );
    const cookie = await cookieOf(lab);
    const headers = { cookie: `theme=dark; ${cookie}` };
    expect((await lab.inject({ url: "/api/v1/status", headers })).statusCode).toBe(200);
  });

  test("survives the daemon's restart, and ends with the token or with its time", async () => {
    const lab = await AdminLab.create();
    const cookie = await cookieOf(lab);
    const ask = async (other: AdminLab) =>
      (await other.inject({ url: "/api/v1/status", headers: { cookie } })).statusCode;
    expect(await ask(await AdminLab.create())).toBe(200);
    lab.lab.now += 7 * 24 * 60 * 60 * 1000 + 1;
    expect(await ask(lab)).toBe(401);
  });

  test("a logout ends the session itself, not only the cookie", async () => {
    const lab = await AdminLab.create();
    const [cookie, other] = [await cookieOf(lab), await cookieOf(lab)];
    const headers = { ...PAGE, cookie };
    const out = await lab.inject({ method: "DELETE", url: "/api/v1/session", headers });
    expect(out.headers["set-cookie"]).toContain("Max-Age=0");
    expect((await lab.inject({ url: "/api/v1/status", headers: { cookie } })).statusCode).toBe(401);
    expect((await lab.inject({ url: "/api/v1/status", headers: { cookie: other } })).statusCode).toBe(200);
  });

  test("a cookie changes nothing when another site's page asks, or nobody knows whose", async () => {
    const lab = await AdminLab.create();
    const cookie = await cookieOf(lab);
    const order = (headers: Record<string, string>) =>
      lab.inject({ method: "POST", url: "/api/v1/machines/web-1/local", headers: { cookie, ...headers } });
    for (const headers of [
      { host: PAGE.host },
      { host: PAGE.host, origin: "http://evil.example" },
      { host: PAGE.host, origin: "http://boot.example" },
      { host: PAGE.host, origin: "null" },
    ]) {
      const response = await order(headers);
      expect([response.statusCode, codeOf(response)]).toEqual([403, "BW_CROSS_SITE"]);
    }
    expect(lab.lab.machines.get("web-1")?.record.state.kind).toBe("ready");
    expect((await order(PAGE)).statusCode).toBe(200);
    const foreign = await login(lab, lab.parts.token, { ...PAGE, origin: "http://evil.example" });
    expect(codeOf(foreign)).toBe("BW_CROSS_SITE");
  });

  test("wrong tokens are refused, and after five of them everything for a minute", async () => {
    const lab = await AdminLab.create();
    for (let i = 0; i < 5; i++) {
      const response = await login(lab, "guess");
      expect([response.statusCode, codeOf(response)]).toEqual([401, "BW_LOGIN"]);
    }
    const response = await login(lab, lab.parts.token);
    expect([response.statusCode, codeOf(response)]).toEqual([429, "BW_LOGIN_TOO_OFTEN"]);
    expect(response.headers["retry-after"]).toBe("60");
    expect((await lab.ask("GET", "/status")).statusCode).toBe(200);
    lab.lab.now += 60_000;
    expect((await login(lab, lab.parts.token)).statusCode).toBe(200);
  });
});
