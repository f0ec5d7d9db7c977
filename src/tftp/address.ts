import type { Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

/** Whether an address means "all of ours". */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function familyOf(address: string): "IPv4" | "IPv6" {
  return isIPv6(address) ? "IPv6" : "IPv4";
}

/**
 * A look-up for dgram that takes addresses for what they are, at once. Without it each send resolves even a literal
 * address, a tick later and at twice the cost.
 */
export function literalLookup(
  hostname: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, hostname, isIPv6(hostname) ? 6 : 4);
}

/** Binds a socket and waits until it hears; rejects with the system's error. */
export async function bindSocket(
  socket: Socket,
  options: { readonly address?: string; readonly port?: number; readonly fd?: number },
): Promise<void> {
  // With an immediate look-up the event comes during the call.
  const listening = once(socket, "listening");
  socket.bind({ ...options, exclusive: true });
  await listening;
}
