import type { HostConfig, ProfileConfig } from "../config/model.ts";
import type { PreparedImage } from "../media/prepared-image.ts";

/** Everything that one machine's installer files depend on. The same context always renders the same bytes. */
export interface InstallContext<P extends ProfileConfig = ProfileConfig> {
  readonly host: HostConfig;
  readonly profile: P;
  readonly firmware: "bios" | "uefi";
  /** `http://10.0.0.1:8080`, without a trailing slash. */
  readonly baseUrl: string;
  /** `http://10.0.0.1:8080/a/<token>`: answers below `/answers/`, callbacks beside it. No trailing slash. */
  readonly attemptUrl: string;
  readonly attemptId: string;
  /** What is known of the disk image that is going to be written; undefined for installers that write none. */
  readonly image: PreparedImage | undefined;
}

/**
 * What a loader has to load. Paths are content paths (`media/…`, `assets/…`): the same name works over TFTP and, below
 * `baseUrl`, over HTTP.
 */
export interface BootPlan {
  readonly kernel: string;
  /** Loaded one after the other; content that has to be one file for old loaders is served as one path. */
  readonly initrd: string;
  /** Kernel command line without the loader's own `initrd=`; quoting is the loader's dialect's business. */
  readonly commandLine: readonly string[];
}

/** A rendered answer file. */
export interface Answer {
  readonly contentType: string;
  readonly body: string;
}

/** What knows one OS family's way of unattended installing. Pure: no I/O, no clock. */
export interface Installer<P extends ProfileConfig = ProfileConfig> {
  boot(context: InstallContext<P>): BootPlan;
  /** File name below `/answers/` → content. */
  answers(context: InstallContext<P>): ReadonlyMap<string, Answer>;
}
