import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Runs `work` while nobody else on this machine does anything of that name; whoever comes later waits. The name is that
 * of a socket that is no file (unix(7), abstract): the kernel gives it back when its process ends, however it ends.
 */
export async function alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const path = `\0bootwire ${name}`;
  let held = await Held.take(path);
  while (held === undefined) {
    await released(path);
    held = await Held.take(path);
  }
  try {
    return await work();
  } finally {
    await held.release();
  }
}

class Held {
  readonly #server: Server;
  readonly #waiting: ReadonlySet<Socket>;

  private constructor(server: Server, waiting: ReadonlySet<Socket>) {
    this.#server = server;
    this.#waiting = waiting;
  }

  /** `undefined`: somebody has it. */
  static async take(path: string): Promise<Held | undefined> {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on("error", () => undefined);
    });
    try {
      server.listen({ path });
      await once(server, "listening");
      return new Held(server, waiting);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
      return undefined;
    }
  }

  async release(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    await closed;
  }
}

/** Resolves when the holder has given the name back, or has ended. */
async function released(path: string): Promise<void> {
  const socket = connect({ path });
  // Refused: it was given back just now. Reset: its holder was killed.
  socket.on("error", () => undefined);
  // Without a reader the end of the connection would never be seen.
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
}
