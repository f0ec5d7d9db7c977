import type { Path } from "./document.ts";
import type { Facts } from "./facts.ts";
import { isRawMap, rawAt, rawList } from "./raw.ts";
import type { Report } from "./report.ts";

/** Ports and users. */
export function checkRest(facts: Facts, report: Report): void {
  checkPorts(facts, report);
  checkUsers(facts, ["defaults", "users"], report);
  for (const name of Object.keys(facts.profiles)) checkUsers(facts, ["profiles", name, "users"], report);
  for (const host of facts.hosts) checkUsers(facts, [...host.path, "users"], report);
}

const DEFAULT_HTTP_PORT = 8080;
const DEFAULT_ADMIN_PORT = 8081;

function checkPorts(facts: Facts, report: Report): void {
  const { listen, httpPort } = facts;
  const http = httpPort?.value ?? DEFAULT_HTTP_PORT;
  const admin = listen?.value.port ?? DEFAULT_ADMIN_PORT;
  const written = listen ?? httpPort;
  if (http === admin && written) {
    report.error(
      "BW_CONFIG_PORT_CLASH",
      written.path,
      `machines and admins cannot both be served at TCP port ${http}`,
      "choose another port for one of them; http.port is 8080 and admin.listen 127.0.0.1:8081 when left out",
      listen && httpPort ? { path: httpPort.path, message: `http.port is ${http} here` } : undefined,
    );
  }
  if (!listen || isRawMap(rawAt(facts.data, ["admin", "tls"]))) return;
  const { host } = listen.value;
  if (/^127\./.test(host) || host === "::1" || host.toLowerCase() === "localhost") return;
  report.warn(
    "BW_CONFIG_ADMIN_EXPOSED",
    listen.path,
    `the admin interface listens at ${host} without encryption: who reads along learns its token`,
    "name a certificate in admin.tls, or listen at 127.0.0.1 and reach it through ssh -L",
  );
}

function checkUsers(facts: Facts, path: Path, report: Report): void {
  const seen = new Map<string, Path>();
  rawList(rawAt(facts.data, path)).forEach((user, index) => {
    if (!isRawMap(user)) return;
    const at = [...path, index];
    const { name, password, passwordHash } = user;
    const who = typeof name === "string" ? name : "this user";
    if (typeof name === "string") {
      const first = seen.get(name);
      if (first) {
        const other = { path: first, message: `the first ${name} is here` };
        const message = `there are two users named ${name}`;
        report.error("BW_CONFIG_DUPLICATE_NAME", [...at, "name"], message, "join the two into one", other);
      } else seen.set(name, [...at, "name"]);
    }
    if (password !== undefined && passwordHash !== undefined) {
      const other = { path: [...at, "password"], message: "the password is here" };
      const message = `${who} has both a password and a password hash`;
      report.error(
        "BW_CONFIG_PASSWORD",
        [...at, "passwordHash"],
        message,
        "keep the hash, remove the password",
        other,
      );
    } else if (typeof password === "string") {
      report.warn(
        "BW_CONFIG_PLAIN_PASSWORD",
        [...at, "password"],
        `the password of ${who} stands here for everybody who can read this file`,
        "write passwordHash: '…' with what `mkpasswd -m sha-512` prints, or sshKeys alone",
      );
    }
  });
}
