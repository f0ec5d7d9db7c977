import type { HostConfig } from "../config/model.ts";
import type { LoaderName } from "../config/profile-base.ts";
import type { ProfileConfig } from "../config/profiles/registry.ts";
import type { BootwireError } from "../errors.ts";
import type { CallbackEvent } from "../machines/life.ts";
import type { PreparedImage } from "../media/prepared-image.ts";
import type { Feature } from "./feature.ts";

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
export type BootPlan = LinuxPlan | WimbootPlan;

/** A Linux kernel. */
export interface LinuxPlan {
  readonly kind: "linux";
  readonly kernel: string;
  /** One content path: old loaders under UEFI pass on only one. Undefined: the kernel needs none. */
  readonly initrd: string | undefined;
  /** Kernel command line without the loader's own `initrd=`; quoting is the loader's dialect's business. */
  readonly commandLine: readonly string[];
}

/** Windows' boot files, which iPXE hands to wimboot, each under the name that Windows looks for. */
export interface WimbootPlan {
  readonly kind: "wimboot";
  readonly wimboot: string;
  readonly files: readonly { readonly name: string; readonly path: string }[];
}

/** A rendered answer file. */
export interface Answer {
  readonly contentType: string;
  readonly body: string;
  /** What goes to the machine where that is no text; `body` then shows people what is in it. */
  readonly bytes?: Buffer;
}

/** A call home in an installer's own words. */
export interface InstallerCall {
  /** The last part of its URL: `/a/<token>/<name>`. */
  readonly name: string;
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

/** What knows one OS family's way of unattended installing. Pure: no I/O, no clock. */
export interface Installer<P extends ProfileConfig = ProfileConfig, Plan extends BootPlan = BootPlan> {
  /** What of the common model this dialect can say; the rest is refused at `check`. */
  readonly expresses: ReadonlySet<Feature>;
  readonly firmwares: ReadonlySet<"bios" | "uefi">;
  readonly loaders: ReadonlySet<LoaderName>;
  /** Memory below which the installer is known to fail, in MiB. */
  readonly minimumMemory: number;
  /** The same where it depends on the profile; instead of `minimumMemory`. */
  memoryOf?(context: InstallContext<P>): number;
  /** How many times the profile's first media file has to fit into memory, where the installer loads it there. */
  readonly mediaInMemory?: number | undefined;
  /** What else of this machine's config stands against installing it in this way, in the dialect's own terms. */
  obstacle?(context: InstallContext<P>): BootwireError | undefined;
  boot(context: InstallContext<P>): Plan;
  /** File name below `/answers/` → content. */
  answers(context: InstallContext<P>): ReadonlyMap<string, Answer>;
  /**
   * Puts a call in the dialect's own words (a webhook that knows nothing of ours) into the common vocabulary. An empty
   * list: understood, and nothing that a timeline needs; undefined: not a call of this dialect.
   */
  callback?(call: InstallerCall): readonly CallbackEvent[] | undefined;
}
