import { Agent, request } from "node:http";
import { formatIpv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { Relay } from "./relay.ts";
import { fetchByTftp } from "./tftp-client.ts";

/** How much of kernels and images is fetched, in octets: the server's work is in the asking. */
const FIRST_PART = 64 * 1024;
/** How long the server may take to answer, in milliseconds. */
const PATIENCE = 30_000;

/** What a network boot led to. */
export type Boot =
  | { readonly kind: "local" }
  | { readonly kind: "install"; readonly url: string; readonly files: readonly string[] };

/** A machine as far as a boot server can see it: DHCP, TFTP, HTTP, each from the address that it was given. */
export class SimulatedMachine {
  readonly #mac: Mac;
  readonly #relay: Relay;
  readonly #server: string;
  #address = "";
  #agent: Agent | undefined;

  constructor(mac: Mac, relay: Relay, server: string) {
    this.#mac = mac;
    this.#relay = relay;
    this.#server = server;
  }

  /** From the DISCOVER of the firmware to the boot script. */
  async boot(): Promise<Boot> {
    const firmware = await this.#relay.lease(this.#mac, false);
    this.#address = formatIpv4(firmware.address);
    await fetchByTftp(this.#address, this.#server, firmware.file);
    const { file: url } = await this.#relay.lease(this.#mac, true);
    for (;;) {
      const script = await this.get(url, Number.POSITIVE_INFINITY);
      if (script.includes("waits for its media")) continue;
      const callback = /bootwire\.url=(\S+)/.exec(script)?.[1];
      if (callback === undefined) return { kind: "local" };
      const files = [...script.matchAll(/https?:\/\/[^\s"']+\/(?:assets|media)\/[^\s"']+/g)].map(
        ([file]) => file,
      );
      return { kind: "install", url: callback, files: [...new Set(files)] };
    }
  }

  /** A whole install: what the script names, the answers, and the calls home to `done`. */
  async install(boot: Extract<Boot, { kind: "install" }>): Promise<void> {
    const { url, files } = boot;
    for (const file of files) await this.get(file, FIRST_PART);
    await this.#say(`${url}/started`, {});
    await this.get(`${url}/answers/user-data`, Number.POSITIVE_INFINITY);
    for (const percent of [25, 50, 75, 100]) await this.#say(`${url}/progress`, { percent });
    await this.#say(`${url}/done`, {});
  }

  /** What the installed system says when it is up. */
  async home(boot: Extract<Boot, { kind: "install" }>): Promise<void> {
    await this.#say(`${boot.url}/booted`, {});
  }

  off(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  async get(url: string, most: number): Promise<string> {
    return this.#ask("GET", url, undefined, most);
  }

  async #say(url: string, fields: Readonly<Record<string, number>>): Promise<void> {
    await this.#ask("POST", url, JSON.stringify(fields), Number.POSITIVE_INFINITY);
  }

  #ask(method: string, url: string, body: string | undefined, most: number): Promise<string> {
    this.#agent ??= new Agent({ keepAlive: true, maxSockets: 1, localAddress: this.#address });
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const options = { method, headers, agent: this.#agent, timeout: PATIENCE };
    return new Promise((resolve, reject) => {
      const asked = request(url, options, (response) => {
        let [text, size] = ["", 0];
        response.on("data", (piece: Buffer) => {
          size += piece.length;
          if (most === Number.POSITIVE_INFINITY) text += piece.toString("latin1");
          else if (size >= most) {
            resolve(text);
            response.destroy();
          }
        });
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${url}: ${statusCode} ${text.slice(0, 200)}`));
        });
        response.on("error", reject);
      });
      asked.on("timeout", () => asked.destroy(new Error(`${url} does not answer`)));
      asked.on("error", reject);
      asked.end(body);
    });
  }
}
