import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What `makeCertificate` needs of a machine. */
export const CERTIFICATE_NEEDS = { commands: ["openssl"] } as const;

/** Absolute paths of two PEM files that belong together. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateWishes {
  /** `DNS:boot.example.org`, `IP:127.0.0.1`. */
  readonly names?: string;
  readonly days?: number;
  /** As openssl's `-newkey` has it. */
  readonly algorithm?: string;
  /** Who signs it; left out: it itself. */
  readonly by?: CertificateFiles;
  readonly isAuthority?: boolean;
}

/** Makes a certificate with its key, as `<name>.pem` and `<name>.key` in a folder. */
export function makeCertificate(
  folder: string,
  name: string,
  wishes: CertificateWishes = {},
): CertificateFiles {
  const { names = "IP:127.0.0.1", days = 90, algorithm, by, isAuthority = false } = wishes;
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  // The system's own config would add extensions that we do not want.
  const config = join(folder, "openssl.cnf");
  writeFileSync(config, "[req]\ndistinguished_name = dn\n[dn]\n");
  const kind = algorithm === undefined ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : [algorithm];
  openssl(
    ...["req", "-x509", "-config", config, "-newkey", ...kind, "-noenc", "-subj", `/CN=${name}`],
    ...["-days", String(days), "-addext", `basicConstraints=critical,CA:${isAuthority ? "TRUE" : "FALSE"}`],
    ...(isAuthority ? [] : ["-addext", `subjectAltName=${names}`]),
    ...(by ? ["-CA", by.certificate, "-CAkey", by.key] : []),
    ...["-out", files.certificate, "-keyout", files.key],
  );
  return files;
}

/** Signs a certificate of `makeCertificate` by its own key once more, for a January long past. */
export function letExpire({ certificate, key }: CertificateFiles): void {
  const folder = dirname(certificate);
  const path = (name: string) => join(folder, `expired.${name}`);
  // `req` and `x509` only know of days from now on; `ca` wants the files of an authority.
  writeFileSync(path("index"), "");
  writeFileSync(
    path("cnf"),
    `[ca]\ndefault_ca = it\n[it]\ndatabase = ${path("index")}\nnew_certs_dir = ${folder}\nrand_serial = yes\n` +
      "default_md = sha256\npolicy = any\ncopy_extensions = copy\n[any]\ncommonName = supplied\n[req]\ndistinguished_name = dn\n[dn]\n",
  );
  const config = ["-config", path("cnf")];
  const wishes = ["-subj", "/CN=expired", "-addext", "subjectAltName=IP:127.0.0.1"];
  openssl("req", "-new", ...config, "-key", key, ...wishes, "-out", path("csr"));
  openssl(
    ...["ca", "-batch", "-notext", "-selfsign", ...config, "-keyfile", key, "-in", path("csr")],
    ...["-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-out", certificate],
  );
}

export function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

export function readPem({ certificate, key }: CertificateFiles) {
  return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
}
