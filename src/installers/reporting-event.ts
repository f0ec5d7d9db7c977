import { z } from "zod";

/** An event of the reporting that cloud-init, curtin and subiquity share. */
export interface ReportingEvent {
  /** `subiquity/Install/install/curtin_install`, `modules-final/config-runcmd`. */
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  /** Of `finish`. */
  readonly result: "SUCCESS" | "WARN" | "FAIL" | undefined;
}

const EVENT = z.object({
  name: z.string(),
  description: z.string().catch(""),
  event_type: z.string(),
  result: z.enum(["SUCCESS", "WARN", "FAIL"]).optional().catch(undefined),
});

/**
 * Reads the body of a reporting webhook: JSON, whatever its content type says (curtin sends none). `undefined`: it is
 * something else.
 */
export function parseReportingEvent(body: Buffer): ReportingEvent | undefined {
  let data: unknown;
  try {
    data = JSON.parse(body.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = EVENT.safeParse(data);
  if (!parsed.success) return undefined;
  const { name, description, event_type: kind, result } = parsed.data;
  return { name, description, kind, result };
}
