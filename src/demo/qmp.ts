import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** How long QEMU may take to answer a command, in milliseconds. */
const DEADLINE = 30_000;

/** A connection to a running QEMU: the QEMU Machine Protocol, one JSON object a line. */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #rest = "";
  #next = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#read(text));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("QEMU has ended")));
  }

  /** Connects to the socket that QEMU listens on. */
  static async connect(path: string): Promise<Qmp> {
    const socket = connect(path);
    await once(socket, "connect");
    const qmp = new Qmp(socket);
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  /** Runs a command and resolves with what it returned. Rejects when QEMU refuses it, has ended or stays silent. */
  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = this.#next++;
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`QEMU did not answer to ${command}`));
      }, DEADLINE);
      const settled = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      this.#waiting.set(id, {
        resolve: (value) => {
          settled();
          resolve(value);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message: unknown = JSON.parse(line);
      // The greeting and events carry no id.
      if (!isReply(message)) continue;
      const waiting = this.#waiting.get(message.id);
      if (message.error === undefined) waiting?.resolve(message.return);
      else waiting?.reject(new Error(`QEMU refuses: ${JSON.stringify(message.error)}`));
    }
  }

  #fail(error: Error): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
  }
}

interface Reply {
  readonly id: number;
  readonly return?: unknown;
  readonly error?: unknown;
}

function isReply(message: unknown): message is Reply {
  return typeof message === "object" && message !== null && "id" in message && typeof message.id === "number";
}
