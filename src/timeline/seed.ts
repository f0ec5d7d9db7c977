import type { HostConfig } from "../config/model.ts";
import type { TimelineEvent } from "../machines/model.ts";

/** What a system that cloud-init set up from its own seed says of itself. */
export type SeedCall =
  | { readonly kind: "booted" }
  | { readonly kind: "report"; readonly hostname: string | undefined; readonly users: readonly string[] };

/** The timeline's line for such a call; it belongs to no attempt. */
export function seedLine(host: HostConfig, call: SeedCall, at: number): TimelineEvent {
  const line = { at, mac: host.mac, machine: host.name, attempt: undefined };
  switch (call.kind) {
    case "booted":
      return {
        ...line,
        kind: "machine.booted",
        text: "the system has called home, set up from its own seed",
        data: undefined,
      };
    case "report": {
      const users = call.users.join(", ");
      const text = `the system is ${call.hostname ?? "without a name"}, users: ${users === "" ? "none" : users}`;
      const data: Record<string, string> = {};
      if (call.hostname !== undefined) data["hostname"] = call.hostname;
      if (users !== "") data["users"] = users;
      return { ...line, kind: "machine.report", text, data };
    }
  }
}
