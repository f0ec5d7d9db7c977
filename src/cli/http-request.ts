import http from "node:http";
import https from "node:https";
import { checkServerIdentity, type PeerCertificate, rootCertificates } from "node:tls";

/** Which servers are taken at their word. */
export interface Trust {
  /** The server's own certificate, as PEM: whoever shows it is the one, by whichever name it was called. */
  readonly own: string | undefined;
  /** PEM of authorities that are trusted beside those that Node knows. */
  readonly authorities: string | undefined;
}

export interface Question {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Ends the question, and the reading of its answer. */
  readonly signal: AbortSignal;
  readonly trust: Trust;
}

/**
 * Asks a web server, by http or https; resolves when its answer begins. Its certificate is always looked at (fetch, which
 * Node has built in, cannot be told whom to trust). Rejects as node:http does.
 */
export function ask(url: string, question: Question): Promise<http.IncomingMessage> {
  const { method, headers, body, signal, trust } = question;
  const options = { method, headers, signal, agent: false };
  return new Promise((resolve, reject) => {
    const request = url.startsWith("https:")
      ? https.request(url, { ...options, ...trusting(trust) })
      : http.request(url, options);
    request.once("error", reject);
    request.once("response", resolve);
    request.end(body);
  });
}

function trusting({ own, authorities }: Trust): https.RequestOptions & { allowPartialTrustChain: boolean } {
  // Not those that may follow it in its file: they sign for others too.
  const pem = own && /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(own);
  const der = pem ? Buffer.from(pem[1] ?? "", "base64") : undefined;
  const isOwn = (shown: PeerCertificate) => der?.equals(shown.raw) ?? false;
  return {
    ca: [pem?.[0], authorities, ...rootCertificates].filter((one) => one !== undefined),
    // A certificate that is trusted itself needs no authority above it.
    allowPartialTrustChain: true,
    checkServerIdentity: (host, certificate) =>
      isOwn(certificate) ? undefined : checkServerIdentity(host, certificate),
  };
}

/** Whether an error of `ask` says that the server's certificate is not to be trusted. */
export function isDistrust(code: string): boolean {
  return DISTRUST.test(code);
}

/** Whether it says that the certificate has expired, or is not valid yet. */
export function isOutOfTime(code: string): boolean {
  return code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID";
}

/** What OpenSSL's verification says (X509_V_ERR_…), and Node of the name. */
const DISTRUST =
  /^(?:UNABLE_TO_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME)/;
