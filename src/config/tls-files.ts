import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { TlsConfig, TlsPem } from "./model.ts";
import type { Report } from "./report.ts";

const DAY = 24 * 60 * 60 * 1000;
/** A certificate that ends within this time is warned of, in milliseconds; of a short-lived one, its last quarter. */
const SOON = 14 * DAY;

const CERTIFICATE = ["admin", "tls", "certificate"];
const KEY = ["admin", "tls", "key"];

/**
 * Reads the two files of `admin.tls` and looks whether they can be served. What is wrong goes into the report, and then
 * there is no result. A certificate whose time is not now, or soon over, is a warning alone: it must not keep a lab from
 * booting, and whoever is shown it refuses it without our help.
 */
export async function readTlsFiles(tls: TlsConfig, now: number, report: Report): Promise<TlsPem | undefined> {
  const certificate = await readPem(tls.certificate, CERTIFICATE, report);
  const key = await readPem(tls.key, KEY, report);
  if (certificate === undefined || key === undefined) return undefined;
  const x509 = parseCertificate(certificate, tls.certificate, report);
  const secret = parseKey(key, tls.key, report);
  if (!x509 || !secret) return undefined;
  if (!x509.checkPrivateKey(secret)) {
    report.error(
      "BW_TLS_MISMATCH",
      KEY,
      `the key in ${tls.key} is not that of the certificate in ${tls.certificate}`,
      "name the two files that were made together; the certificate of the server itself comes first in its file",
    );
    return undefined;
  }
  if (!canServe(certificate, key, tls, report)) return undefined;
  const pem = { certificate, key, validFrom: Date.parse(x509.validFrom), validTo: Date.parse(x509.validTo) };
  warnOfTime(pem, now, tls, report);
  return pem;
}

/** Whether a certificate is valid at this time, in milliseconds since the epoch. */
export function isValidAt({ validFrom, validTo }: TlsPem, now: number): boolean {
  return validFrom <= now && now < validTo;
}

async function readPem(file: string, path: readonly string[], report: Report): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const [message, hint] =
      code === "ENOENT" || code === "ENOTDIR"
        ? [`there is no file ${file}`, "name the PEM file, or remove `tls:` to serve without encryption"]
        : [`${file} cannot be read (${code})`, "give the user that runs Bootwire the right to read it"];
    report.error("BW_TLS_FILE", path, message, hint);
    return undefined;
  }
}

function parseCertificate(pem: string, file: string, report: Report): X509Certificate | undefined {
  try {
    // Without this, DER would pass here and fail when it is served.
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return new X509Certificate(pem);
  } catch {
    // Said below.
  }
  report.error(
    "BW_TLS_CERTIFICATE",
    CERTIFICATE,
    `there is no certificate in PEM form in ${file}`,
    "it begins with -----BEGIN CERTIFICATE-----; `openssl x509 -inform der -in FILE -out cert.pem` turns DER into it",
  );
  return undefined;
}

function parseKey(pem: string, file: string, report: Report): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    report.error(
      "BW_TLS_KEY",
      KEY,
      /ENCRYPTED/.test(pem)
        ? `the private key in ${file} is encrypted, and nobody is there to give its passphrase`
        : `there is no private key in PEM form in ${file}`,
      "it begins with -----BEGIN PRIVATE KEY-----; `openssl pkey -in FILE -out key.pem` takes a passphrase away",
    );
    return undefined;
  }
}

function warnOfTime({ validFrom, validTo }: TlsPem, now: number, tls: TlsConfig, report: Report): void {
  const left = validTo - now;
  const renew = "renew it; both files are read again when they change, and at a reload";
  if (left <= 0) {
    report.warn(
      "BW_TLS_EXPIRED",
      CERTIFICATE,
      `the certificate in ${tls.certificate} expired on ${day(validTo)}: browsers and commands refuse it`,
      renew,
    );
  } else if (validFrom > now) {
    report.warn(
      "BW_TLS_NOT_YET",
      CERTIFICATE,
      `the certificate in ${tls.certificate} is valid from ${day(validFrom)} only: browsers and commands refuse it`,
      "see whether the clock of this machine is right: timedatectl",
    );
  } else if (left < Math.min(SOON, (validTo - validFrom) / 4)) {
    report.warn(
      "BW_TLS_EXPIRES",
      CERTIFICATE,
      `the certificate in ${tls.certificate} expires on ${day(validTo)}`,
      renew,
    );
  }
}

/** What the TLS library itself has against them, like a key that is too short. */
function canServe(certificate: string, key: string, tls: TlsConfig, report: Report): boolean {
  try {
    createSecureContext({ cert: certificate, key });
    return true;
  } catch (error) {
    report.error(
      "BW_TLS_CERTIFICATE",
      CERTIFICATE,
      `the certificate in ${tls.certificate} cannot be served: ${error instanceof Error ? error.message : String(error)}`,
      "see what it is: openssl x509 -noout -text -in FILE; a new one of a current kind helps",
    );
    return false;
  }
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
