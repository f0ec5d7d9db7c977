/** DHCP message types (option 53, RFC 2132 §9.6). */
export const MessageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** Codes of the options that the server itself reads or writes; `options.ts` has the table of all. */
export const Option = {
  subnetMask: 1,
  router: 3,
  dns: 6,
  hostName: 12,
  domain: 15,
  logServer: 7,
  broadcastAddress: 28,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientId: 61,
  tftpServer: 66,
  bootFile: 67,
  userClass: 77,
  fqdn: 81,
  relayAgent: 82,
  arch: 93,
  uuid: 97,
  subnetSelection: 118,
  ipxe: 175,
} as const;

/** Sub-options of the relay agent's option 82. */
export const RelayOption = {
  /** RFC 3046 §3.1. */
  circuitId: 1,
  /** RFC 3046 §3.2. */
  remoteId: 2,
  /** RFC 3527: the subnet that the client is on, where giaddr cannot say so. */
  linkSelection: 5,
  /** RFC 5107: what the relay wants clients to take for the server. */
  serverIdOverride: 11,
} as const;

/** Hardware type of Ethernet in `htype`. */
export const ETHERNET = 1;

/** The UDP ports; tests use others. */
export interface DhcpPorts {
  readonly server: number;
  readonly client: number;
  /** PXE's boot server port (BINL), 4011. */
  readonly bootServer: number;
}

export const STANDARD_PORTS: DhcpPorts = { server: 67, client: 68, bootServer: 4011 };
