/*
 * Our words in those of Proxmox's installer, which takes no others (proxmox-installer-types, `KeyboardLayout`;
 * proxmox-auto-installer, `verify_locale_settings`).
 */

/** Layouts that it knows by the same name. */
const SAME = [
  "de",
  "de-ch",
  "dk",
  "en-gb",
  "en-us",
  "es",
  "fi",
  "fr",
  "fr-be",
  "fr-ca",
  "fr-ch",
  "hu",
  "is",
  "it",
  "jp",
  "lt",
  "mk",
  "nl",
  "no",
  "pl",
  "pt",
  "pt-br",
  "se",
  "si",
  "tr",
];

/** XKB's names for others. */
const BY_XKB: ReadonlyMap<string, string> = new Map([
  ["us", "en-us"],
  ["gb", "en-gb"],
  ["be", "fr-be"],
  ["ca", "fr-ca"],
  ["br", "pt-br"],
]);

/** The keyboard in its terms; `undefined`: it has none such. */
export function proxmoxKeyboard(keyboard: string, locale: string): string | undefined {
  // Switzerland has one keyboard with two faces.
  if (keyboard === "ch") return locale.startsWith("fr") ? "fr-ch" : "de-ch";
  return BY_XKB.get(keyboard) ?? SAME.find((name) => name === keyboard);
}

/** The time zone in its terms: of places it knows those of countries, and beside them only UTC. */
export function proxmoxTimezone(timezone: string): string | undefined {
  if (/^(?:Etc\/)?(?:UTC|GMT|Universal|Zulu|UCT)$/.test(timezone)) return "UTC";
  return timezone.startsWith("Etc/") || !timezone.includes("/") ? undefined : timezone;
}

/** The country of a locale (`de_AT.UTF-8` is at); the United States for one that names none. */
export function countryOf(locale: string): string {
  return /^[a-z]{2,3}_([A-Z]{2})/.exec(locale)?.[1]?.toLowerCase() ?? "us";
}
