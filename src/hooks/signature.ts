import { createHmac, timingSafeEqual } from "node:crypto";

/** Header that a post is signed in. */
export const SIGNATURE_HEADER = "bootwire-signature";

/**
 * The signature of a post: `t=<seconds since the epoch>,v1=<HMAC-SHA256 of "t.body", hex>`. The time is signed too, so
 * that a receiver can refuse what was recorded and is sent again.
 */
export function sign(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${mac(secret, seconds, body)}`;
}

/** What a receiver does: whether a header fits the body, and is not older (or newer) than `tolerance` seconds. */
export function verify(
  secret: string,
  header: string,
  body: string,
  clock: { readonly seconds: number; readonly tolerance: number },
): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (!match?.[1] || !match[2]) return false;
  const seconds = Number(match[1]);
  if (Math.abs(clock.seconds - seconds) > clock.tolerance) return false;
  return timingSafeEqual(Buffer.from(match[2]), Buffer.from(mac(secret, seconds, body)));
}

function mac(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}
