import type { Geometry } from "./layout.ts";

/** Octets that can be laid out piece by piece. */
export interface Content {
  /** Equal keys mean equal octets: pieces of one may be used for the other. */
  readonly key: string;
  /** Octets that will be sent; undefined when only the end will tell (netascii of a file). */
  readonly size: number | undefined;
  /**
   * Whether pieces are worth keeping for others. False: they are dropped with the transfer.
   */
  readonly shared: boolean;
  /**
   * Fills the views (one a block) with the piece's octets; resolves with how many. Fewer than the views hold: the
   * content ends there. Rejects when the content cannot be read.
   */
  fill(views: readonly Buffer[], piece: number, geometry: Geometry): Promise<number>;
  /**
   * The same at once, where that takes no waiting for a disk; undefined otherwise, and then the views hold nothing of use.
   */
  fillNow?(views: readonly Buffer[], piece: number, geometry: Geometry): number | undefined;
  /** Whether everything filled so far is known to be of one version. Must be so before the last block leaves. */
  readonly verified: boolean;
  /** Makes sure of that; rejects when the content has changed. */
  verify(): Promise<void>;
  /** Lets go of what is open. Fills that are under way end first. */
  release(): void;
}

/** Content that can be read at any octet. */
export interface ReadableContent extends Content {
  readonly size: number;
  /** Reads up to `target.length` octets from `position` of the content on; resolves with their number. */
  read(target: Buffer, position: number): Promise<number>;
}
