/** What `doctor` found about one thing. */
export interface Finding {
  /** What was looked at: `interface`, `port`, `media` … */
  readonly check: string;
  readonly status: "ok" | "warn" | "fail";
  /** Stable; null where nothing is to be said against it. */
  readonly code: DoctorCode | null;
  readonly text: string;
  /** What to do; empty where nothing is to be done. */
  readonly remedy: string;
}

/** Everything that `doctor` may find wrong. */
export type DoctorCode =
  | "BW_DOCTOR_CONFIG"
  | "BW_DOCTOR_DAEMON"
  | "BW_DOCTOR_INTERFACE"
  | "BW_DOCTOR_LINK"
  | "BW_DOCTOR_ADVERTISE"
  | "BW_DOCTOR_PORT"
  | "BW_DOCTOR_RIGHTS"
  | "BW_DOCTOR_OTHER_DHCP"
  | "BW_DOCTOR_NO_DHCP"
  | "BW_DOCTOR_NOT_ASKED"
  | "BW_DOCTOR_LOADERS"
  | "BW_DOCTOR_MEDIA"
  | "BW_DOCTOR_STATE"
  | "BW_DOCTOR_TIME"
  | "BW_DOCTOR_FIREWALL"
  | "BW_DOCTOR_SPACE"
  | "BW_DOCTOR_MEMORY";

export function fine(check: string, text: string): Finding {
  return { check, status: "ok", code: null, text, remedy: "" };
}

export function wrong(
  check: string,
  status: "warn" | "fail",
  code: DoctorCode,
  text: string,
  remedy: string,
): Finding {
  return { check, status, code, text, remedy };
}
