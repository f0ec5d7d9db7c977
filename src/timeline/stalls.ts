/**
 * What a machine's timeline lacks when nothing comes: the usual causes and what to do, by code. docs/errors.md has them
 * too.
 */
export const STALLS = {
  BW_STALL_NO_REQUEST: {
    after: 30,
    what: "an address was offered, and the machine did not take it",
    cause: "another DHCP server was faster, or a relay or switch does not bring our answers to the machine",
    remedy:
      "Look for the other server with `bootwire doctor`; use dhcp.mode: proxy beside it. Behind a relay, see that it forwards to this server and that its giaddr is in a configured subnet.",
  },
  BW_STALL_OTHER_SERVER: {
    after: 30,
    what: "the machine took another DHCP server's address, and nothing more came",
    cause: "two DHCP servers on one network, and the other one says nothing about booting",
    remedy: "Use dhcp.mode: proxy beside it, or switch the other server off on this network.",
  },
  BW_STALL_PROXY_IGNORED: {
    after: 60,
    what: "a boot file was offered beside the other DHCP server, and the machine asked for nothing",
    cause:
      "the other server gave no address in time, it names a boot file of its own, or UDP port 4011 is blocked on this host",
    remedy:
      "See that the other server has a free address and sets no boot file (options 66, 67, next-server), and open UDP 4011; some UEFI firmware takes no proxy at all: then use dhcp.mode: server.",
  },
  BW_STALL_NO_LOADER: {
    after: 60,
    what: "the machine has its address and the name of its loader, and did not fetch it",
    cause: "a firewall drops UDP port 69, or the machine cannot reach the address that it was told",
    remedy:
      "Open UDP 69 on this host (`bootwire doctor` gives hints), and see that `advertise`, where it is set, is an address that machines reach.",
  },
  BW_STALL_NO_SCRIPT: {
    after: 60,
    what: "the loader was fetched, and did not ask for its script",
    cause:
      "the firmware refused the loader (Secure Boot takes signed loaders only), it is one of the wrong kind, or the HTTP port is blocked",
    remedy:
      "Look at the machine's screen. With Secure Boot use loader: grub, or switch Secure Boot off; open the HTTP port (http.port, TCP) on this host.",
  },
  BW_STALL_TFTP_SILENT: {
    after: 5,
    what: "a TFTP transfer was begun, and not one block was acknowledged",
    cause:
      "a firewall lets port 69 through but not the transfer, which comes from a port of its own, or NAT (Docker's bridge) is in between",
    remedy:
      "Allow UDP from this host to the machines, or set tftp.singlePort or tftp.ports and open those; in Docker use the host's network.",
  },
  BW_STALL_TFTP_BROKEN: {
    after: 30,
    what: "a TFTP transfer broke off in the middle",
    cause: "packets are lost: a bad link, a wrong MTU, or the machine was switched off",
    remedy:
      "Check the cable, the bridge and the MTU on the way; a smaller tftp.windowSize helps on bad links.",
  },
  BW_STALL_NO_KERNEL: {
    after: 60,
    what: "the machine has its install script, and did not fetch the kernel",
    cause: "the HTTP port is blocked, or the loader cannot reach the address in the script",
    remedy:
      "Open the HTTP port (http.port, TCP) on this host, and see that `advertise`, where it is set, is an address that machines reach.",
  },
  BW_STALL_NO_START: {
    after: 300,
    what: "kernel and initrd were fetched, and the installer has not called",
    cause:
      "too little memory for the installer, a kernel and initrd that do not belong together or to this firmware, or no driver for the network card or disk",
    remedy:
      "Look at the machine's screen. Give it 2 GiB of memory or more, check the profile's media, and use VirtIO devices.",
  },
  BW_STALL_NO_NEWS: {
    after: 1200,
    what: "the install is under way, and nothing was heard of it for 20 minutes",
    cause: "the installer waits for an answer on the screen, for a mirror, or has died",
    remedy:
      "Look at the machine's screen. `bootwire reinstall` begins anew; attempts.timeout says when it counts as failed.",
  },
  BW_STALL_NOT_HOME: {
    after: 1800,
    what: "the installer was done, and the installed system has not called home",
    cause:
      "it does not boot, has no network, or was told nothing of us (an image with seed: none, or without cloud-init)",
    remedy: "Look at the machine's screen. If it runs, nothing is wrong: it counts as installed.",
  },
} as const satisfies Record<
  string,
  {
    /** Seconds without news after which it is a stall. */
    readonly after: number;
    readonly what: string;
    readonly cause: string;
    readonly remedy: string;
  }
>;

export type StallCode = keyof typeof STALLS;
