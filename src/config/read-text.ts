import { fault, type Reading, read } from "./reading.ts";
import { parseDuration, parseSize } from "./units.ts";

/** A duration between two bounds, in seconds. */
export function readDuration(text: string, min: number, max: number, bounds: string): Reading<number> {
  const seconds = parseDuration(text);
  if (seconds === undefined) {
    return fault(
      "BW_CONFIG_DURATION",
      `“${text}” is not a duration`,
      /^\d+$/.test(text)
        ? `say of what: ${text}s for seconds, ${text}m for minutes`
        : "write it like 30s, 10m, 12h or 7d",
    );
  }
  if (seconds < min || seconds > max) {
    return fault("BW_CONFIG_DURATION", `${text} is out of bounds`, `choose a duration of ${bounds}`);
  }
  return read(seconds);
}

/** An amount of memory, in octets; at least a MiB, below which nothing works. */
export function readSize(text: string): Reading<number> {
  const octets = parseSize(text);
  if (octets === undefined) {
    return fault("BW_CONFIG_SIZE", `“${text}” is not a size`, "write it like 64MiB or 1GiB");
  }
  if (octets < 1024 ** 2) return fault("BW_CONFIG_SIZE", `${text} is too little`, "give it at least 1MiB");
  return read(octets);
}

/** A machine's memory, in whole MiB. */
export function readMebibytes(text: string): Reading<number> {
  const octets = parseSize(text);
  const size = octets === undefined ? Number.NaN : octets / 1024 ** 2;
  if (Number.isInteger(size) && size >= 128 && size <= 64 * 1024 ** 2) return read(size);
  return fault(
    "BW_CONFIG_SIZE",
    `“${text}” is not an amount of memory for a machine`,
    "write it like 2GiB or 2048MiB, 128MiB at least",
  );
}

/** The size of a disk, in whole GiB. */
export function readGibibytes(text: string): Reading<number> {
  const octets = parseSize(text);
  const size = octets === undefined ? Number.NaN : octets / 1024 ** 3;
  if (Number.isInteger(size) && size >= 1 && size <= 65_536) return read(size);
  return fault(
    "BW_CONFIG_SIZE",
    `“${text}” is not the size of a disk`,
    "write whole GiB or TiB, like 32GiB or 1TiB",
  );
}

/** A range of ports, both ends included. */
export function readPortRange(text: string): Reading<{ readonly first: number; readonly last: number }> {
  const match = /^(\d{1,5})\s*-\s*(\d{1,5})$/.exec(text.trim());
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match && first >= 1 && first <= last && last <= 65_535) return read({ first, last });
  return fault("BW_CONFIG_PORT", `“${text}” is not a range of ports`, "write it like 50000-50199");
}

/** A host's name: one DNS label (RFC 1123 §2.1). It stands in URLs, file names and on the installed system. */
export function readHostName(text: string): Reading<string> {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)) return read(text);
  const [label = "", ...domain] = text.split(".");
  return fault(
    "BW_CONFIG_NAME",
    `“${text}” cannot be the name of a host`,
    domain.length > 0 && label !== ""
      ? `write name: ${label} and domain: ${domain.join(".")}`
      : "use letters, digits and hyphens, 63 at most, no hyphen at either end, like web-1",
  );
}

/** A DNS domain. */
export function readDomain(text: string): Reading<string> {
  const plain = text.replace(/\.$/, "");
  const good =
    plain.length <= 253 &&
    plain.split(".").every((part) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/i.test(part));
  if (good) return read(plain);
  return fault("BW_CONFIG_NAME", `“${text}” is not a domain`, "write it like lab.example.org");
}

/** A profile's name. */
export function readProfileName(text: string): Reading<string> {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(text)) return read(text);
  return fault(
    "BW_CONFIG_NAME",
    `“${text}” cannot be the name of a profile`,
    "use letters, digits, dots, hyphens and underscores, 63 at most, like debian-13",
  );
}

/** A Unix user's name, as adduser takes it. */
export function readUserName(text: string): Reading<string> {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) return read(text);
  return fault(
    "BW_CONFIG_NAME",
    `“${text}” cannot be the name of a user`,
    "use lower-case letters, digits, hyphens and underscores, 32 at most, a letter first, like admin",
  );
}

/** A crypt(3) hash in a form that Linux installers and systems take. The text is never repeated in a message. */
export function readPasswordHash(text: string): Reading<string> {
  if (/^\$(?:[567y]|gy|2[aby])\$[A-Za-z0-9./$=,]{8,200}$/.test(text)) return read(text);
  return fault(
    "BW_CONFIG_PASSWORD",
    "this is not a password hash that installed systems know",
    "make one with `mkpasswd -m sha-512` or `openssl passwd -6` ($6$…), and keep it in single quotes",
  );
}

/** One line of an authorized_keys file. */
export function readSshKey(text: string): Reading<string> {
  const line = text.trim();
  if (/PRIVATE KEY/.test(line)) {
    return fault(
      "BW_CONFIG_SSH_KEY",
      "this is a private key",
      "put the public key here: the line in the file that ends in .pub",
    );
  }
  const good =
    /(?:^|\s)(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) AAAA[A-Za-z0-9+/]{16,}={0,3}(?:[ \t].*)?$/;
  if (good.test(line) && !/[\r\n]/.test(line)) return read(line);
  return fault(
    "BW_CONFIG_SSH_KEY",
    "this is not an SSH public key",
    "copy the whole line of the .pub file, like ssh-ed25519 AAAAC3Nz… admin@desk",
  );
}

/** A disk's device name. */
export function readDisk(text: string): Reading<string> {
  if (/^\/dev\/[A-Za-z0-9][A-Za-z0-9/:._+-]*$/.test(text) && !text.includes("..")) return read(text);
  return fault(
    "BW_CONFIG_DISK",
    `“${text}” is not the device name of a disk`,
    /^[a-z0-9]+$/.test(text) ? `write /dev/${text}` : "write it like /dev/vda, /dev/sda or /dev/nvme0n1",
  );
}

/** The path of a file below the media folder. */
export function readMediaPath(text: string): Reading<string> {
  const parts = text.split("/");
  const good = text !== "" && !/[\\\p{Cc}]/u.test(text) && !parts.includes("..") && !text.startsWith("/");
  if (good && !text.endsWith("/")) {
    const path = parts.filter((part) => part !== "" && part !== ".").join("/");
    if (path !== "") return read(path);
  }
  return fault(
    "BW_CONFIG_PATH",
    `“${text}” is not the path of a file in the media folder`,
    text.startsWith("/")
      ? "put the file (or a link to its folder) into the media folder, and write its path from there"
      : "write the path from the media folder on, with forward slashes and without .., like debian-13/linux",
  );
}

/**
 * The path of something below the media folder whose inside is served too: it becomes part of URLs, kernel arguments and
 * TFTP names, so it has to be plain.
 */
export function readPlainMediaPath(text: string): Reading<string> {
  const path = readMediaPath(text.replace(/\/+$/, ""));
  if (!path.ok || /^[A-Za-z0-9._~/+-]+$/.test(path.value)) return path;
  return fault(
    "BW_CONFIG_PATH",
    `“${text}” has characters that loaders or installers read differently`,
    "rename it, with letters, digits, dots and hyphens alone",
  );
}

/** The path of an ISO below the media folder. */
export function readIsoPath(text: string): Reading<string> {
  const path = readPlainMediaPath(text);
  if (!path.ok || path.value.endsWith(".iso")) return path;
  return fault(
    "BW_CONFIG_PATH",
    `“${text}” does not end in .iso`,
    "name the ISO of an installation disc; installers tell it by its ending",
  );
}

/** The path of a disk image below the media folder; its ending says how it is packed. */
export function readImagePath(text: string): Reading<string> {
  const path = readMediaPath(text);
  if (!path.ok) return path;
  const lower = text.toLowerCase();
  if (/\.(?:tar(?:\.(?:gz|xz|zst))?|tgz|txz|zip|7z)$/.test(lower)) {
    return fault(
      "BW_CONFIG_IMAGE",
      `“${text}” is an archive`,
      "unpack it, and name the .raw or .qcow2 file that was in it",
    );
  }
  if (lower.endsWith(".iso")) {
    return fault(
      "BW_CONFIG_IMAGE",
      `“${text}” is the image of an installation disc, not of an installed disk`,
      "use the distribution's cloud image (.raw, .img, .qcow2), or another installer for an installation disc",
    );
  }
  if (/\.(?:raw|img|gz|xz|zst|qcow2)$/.test(lower) && !/\.qcow2\.[a-z]+$/.test(lower)) return path;
  return fault(
    "BW_CONFIG_IMAGE",
    `the ending of “${text}” does not say what kind of disk image it is`,
    lower.includes(".qcow2.")
      ? "unpack the .qcow2 first"
      : "name it .raw, .img or .qcow2, or .raw.gz, .raw.xz, .raw.zst where it is compressed",
  );
}

/** A SHA-256 in hexadecimal digits, in lower case. */
export function readSha256(text: string): Reading<string> {
  if (/^[0-9a-f]{64}$/i.test(text)) return read(text.toLowerCase());
  const length = /^[0-9a-f]+$/i.test(text) ? ` (${text.length} digits)` : "";
  return fault(
    "BW_CONFIG_SHA256",
    `this is not a SHA-256${length}`,
    "write the 64 hexadecimal digits that `sha256sum` prints for the file",
  );
}

/** A time zone of the tz database. */
export function readTimezone(text: string): Reading<string> {
  if (/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text) && isTimezone(text)) return read(text);
  return fault(
    "BW_CONFIG_SYSTEM",
    `“${text}” is not a time zone`,
    "write it like Europe/Berlin, America/New_York or Etc/UTC",
  );
}

function isTimezone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** A POSIX locale. */
export function readLocale(text: string): Reading<string> {
  if (/^(?:C|POSIX|[a-z]{2,3}_[A-Z]{2})(?:\.[A-Za-z0-9-]+)?(?:@[a-z]+)?$/.test(text)) return read(text);
  return fault("BW_CONFIG_SYSTEM", `“${text}” is not a locale`, "write it like en_US.UTF-8 or de_DE.UTF-8");
}

/** An XKB keyboard layout. */
export function readKeyboard(text: string): Reading<string> {
  if (/^[a-z]{2,8}(?:-[a-z0-9]{1,12})?$/.test(text)) return read(text);
  return fault("BW_CONFIG_SYSTEM", `“${text}” is not a keyboard layout`, "write it like us, de or fr");
}

/** A network interface's name, or its address. */
export function readInterface(text: string): Reading<string> {
  if (/^[^\s/]{1,15}$/.test(text)) return read(text);
  return fault(
    "BW_CONFIG_NAME",
    `“${text}” is neither the name of a network interface nor an address`,
    "write it as `ip link` shows it, like eth0 or vmbr0, or the address that it has, like 10.0.0.1",
  );
}

/** One word: a package, a release, the name of a mirror. */
export function readWord(text: string): Reading<string> {
  if (/^[^\s]{1,200}$/.test(text)) return read(text);
  return fault(
    "BW_CONFIG_NAME",
    `“${text}” is not one word`,
    "write one name without spaces; several go into a list",
  );
}
