import { createSocket } from "node:dgram";
import { encodeAck, encodeRequest } from "../tftp/packet.ts";

const DATA = 3;
const ERROR = 5;
const OACK = 6;
const BLOCK = 1432;
/** How long a block may take, in milliseconds, and how often it is asked for. */
const PATIENCE = 2000;
const TRIES = 5;

/** Reads a file as a boot ROM does (RFC 1350, 2347, 2348): in lock-step. Resolves with its size in octets. */
export function fetchByTftp(from: string, server: string, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    let [expected, size, tries] = [1, 0, 0];
    let last = encodeRequest("read", file, "octet", [{ name: "blksize", value: String(BLOCK) }]);
    let to = 69;
    let timer: NodeJS.Timeout | undefined;
    const end = (finish: () => void) => {
      clearTimeout(timer);
      socket.close();
      finish();
    };
    const send = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        tries += 1;
        if (tries >= TRIES) end(() => reject(new Error(`TFTP of ${file} is silent`)));
        else send();
      }, PATIENCE);
      socket.send(last, to, server);
    };
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("message", (bytes, { port }) => {
      if (to !== 69 && port !== to) return;
      to = port;
      const opcode = bytes.readUInt16BE(0);
      if (opcode === ERROR)
        return end(() => reject(new Error(`TFTP of ${file}: ${bytes.toString("latin1", 4)}`)));
      const block = opcode === OACK ? 0 : bytes.readUInt16BE(2);
      if (opcode !== OACK && (opcode !== DATA || block !== (expected & 0xffff))) return;
      tries = 0;
      last = encodeAck(block);
      if (opcode === OACK) return send();
      expected += 1;
      size += bytes.length - 4;
      if (bytes.length === BLOCK + 4) return send();
      // The last block: its acknowledgement is not waited for.
      clearTimeout(timer);
      socket.send(last, to, server, () => end(() => resolve(size)));
    });
    socket.bind(0, from, send);
  });
}
