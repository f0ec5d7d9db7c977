import { formatIpv4, type Ipv4 } from "./ipv4.ts";
import { type Mac, macFromBytes, macToBytes } from "./mac.ts";
import { type Native, socketAddress } from "./native.ts";

const SIOCDARP = 0x8953;
const SIOCGARP = 0x8954;
const SIOCSARP = 0x8955;
const ATF_COM = 0x02;
const ARPHRD_ETHER = 1;
/** struct arpreq: sockaddr protocol, sockaddr hardware, int flags, sockaddr netmask, char device[16]. */
const ARPREQ_SIZE = 68;

/**
 * The kernel's ARP table. A DHCP client that has no address yet cannot answer an ARP request: to send it a unicast all the
 * same (RFC 2131 §4.1), its hardware address is put into the table by hand.
 */
export interface Neighbours {
  /** Says where an address is. `false` when the kernel would not take it (table full, no right): broadcast instead. */
  set(device: string, address: Ipv4, mac: Mac): boolean;
  /** Who answers for an address, as far as the kernel knows; `undefined` when nobody does. */
  get(device: string, address: Ipv4): Mac | undefined;
  /** Forgets an address, so that the next packet asks again. */
  delete(device: string, address: Ipv4): void;
  close(): void;
}

/** Holds one socket for its ioctls until closed. */
export function openNeighbours(native: Native): Neighbours {
  const fd = native.socket("inet");
  let isOpen = true;
  const call = (command: number, request: Buffer): boolean => {
    try {
      native.ioctl(fd, command, request);
      return true;
    } catch {
      return false;
    }
  };
  return {
    set(device, address, mac) {
      const request = arpRequest(device, address);
      request.writeUInt16LE(ARPHRD_ETHER, 16);
      macToBytes(mac).copy(request, 18);
      request.writeInt32LE(ATF_COM, 32);
      return call(SIOCSARP, request);
    },
    get(device, address) {
      const request = arpRequest(device, address);
      if (!call(SIOCGARP, request)) return undefined;
      if ((request.readInt32LE(32) & ATF_COM) === 0) return undefined;
      return macFromBytes(request.subarray(18, 24));
    },
    delete(device, address) {
      call(SIOCDARP, arpRequest(device, address));
    },
    close() {
      // Once only: by a second time the number may be somebody else's.
      if (isOpen) native.close(fd);
      isOpen = false;
    },
  };
}

function arpRequest(device: string, address: Ipv4): Buffer {
  const request = Buffer.alloc(ARPREQ_SIZE);
  socketAddress(formatIpv4(address), 0).copy(request, 0);
  request.write(device.slice(0, 15), 52, "latin1");
  return request;
}
