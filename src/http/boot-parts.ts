import type { Logger } from "pino";
import type { BootService, RenderedScript } from "../boot/boot-service.ts";
import type { ScriptName } from "../boot/content-paths.ts";
import type { SeedTokens } from "../boot/seed-tokens.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig } from "../config/model.ts";
import type { Machines } from "../machines/machines.ts";
import type { Catalogue } from "../media/catalogue.ts";
import type { ImagePreparer } from "../media/image-preparer.ts";
import type { TransferMeter, TransferStart } from "../monitor/transfer-book.ts";
import type { SeedCall } from "../timeline/seed.ts";
import type { Sent } from "./send-content.ts";

/** A download that ended, well or not. */
export interface Download extends Sent {
  readonly path: string;
  readonly client: string;
  readonly method: string;
}

/** What the boot-facing app works with. */
export interface BootAppParts {
  readonly active: () => ActiveConfig;
  readonly boot: BootService;
  readonly machines: Machines;
  readonly catalogue: Catalogue;
  readonly images: ImagePreparer;
  /** The keys to machines' cloud-init seeds. */
  readonly seeds: SeedTokens;
  readonly log: Logger;
  /** Told what a system says of itself that was set up from its own seed. */
  readonly onSeed: (host: HostConfig, call: SeedCall) => void;
  /** Told when a script was handed out. */
  readonly onScript: (name: ScriptName, script: RenderedScript, client: string) => void;
  /** Told when a download begins; is told how far it is, and when it ended. */
  readonly onTransfer: (start: TransferStart) => TransferMeter;
  /** Told when a download ended. */
  readonly onDownload: (download: Download) => void;
}
