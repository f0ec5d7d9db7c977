/** The address and port of a client. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly family: "IPv4" | "IPv6";
}

/** The way to one client from one port of ours. */
export interface Wire {
  /**
   * Sends DATA packets that lie one after the other, each `packet` octets long (the last may be shorter). `done` is
   * called, at once or later, when their memory is no longer read. A packet that cannot leave is a lost packet.
   */
  send(packets: Buffer, packet: number, done: () => void): void;
  /** Sends one packet that is not used again. */
  sendOne(packet: Buffer): void;
  close(): void;
}

/** What a wire tells. Packets of other senders never get here: they were answered with error 5 (RFC 1350 §4). */
export interface WireEvents {
  /** A datagram of the client. The buffer is the wire's again after the call. */
  onPacket(bytes: Buffer, length: number): void;
  /** The network says that the client's port is closed. */
  onUnreachable(): void;
}

/** Opens wires. */
export interface WireFactory {
  /** One line for the log: how octets are moved. */
  readonly description: string;
  /** `local`: our address that the client knows, or a wildcard. */
  open(peer: Peer, local: string, packet: number, events: WireEvents): Promise<Wire>;
  close(): void;
}
