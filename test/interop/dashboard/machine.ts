import type { DaemonLab } from "../daemon/daemon-lab.ts";

const BASE = "http://10.99.0.1:8080";

/** A machine that boots from the network, step by step, as far as a boot server can see. */
export class SimulatedMachine {
  readonly #lab: DaemonLab;
  readonly #mac: string;
  #token: string | undefined;

  constructor(lab: DaemonLab, mac: string) {
    this.#lab = lab;
    this.#mac = mac;
  }

  /** The firmware's DHCP: DISCOVER to ACK, as a BIOS. */
  async dhcp(): Promise<void> {
    await this.#run("ip", "link", "set", "cli0", "address", this.#mac);
    const options = ["-V", "PXEClient:Arch:00000:UNDI:002001", "-x", "0x5d:0000", "-t", "3", "-T", "2"];
    await this.#run("udhcpc", "-i", "cli0", "-f", "-n", "-q", ...options, "-s", this.#lab.path("script"));
  }

  /** DHCP of a machine that gets no answer. */
  async dhcpInVain(): Promise<void> {
    await this.#run("ip", "link", "set", "cli0", "address", this.#mac);
    const options = ["-V", "PXEClient:Arch:00007:UNDI:003016", "-x", "0x5d:0007", "-t", "1", "-T", "1"];
    await this.#lab.client("udhcpc", "-i", "cli0", "-f", "-n", "-q", ...options, "-s", "/bin/true");
  }

  /** The loader by TFTP. */
  async loader(): Promise<void> {
    await this.#run("curl", "-sS", "-o", "/dev/null", "tftp://10.99.0.1/undionly.kpxe");
  }

  /** The boot script: from here on an attempt runs, if the machine is to be installed. */
  async script(): Promise<string> {
    const url = `${BASE}/boot/bios/${this.#mac.replaceAll(":", "-")}.ipxe`;
    for (let asked = 0; asked < 500; asked++) {
      const body = await this.#run("curl", "-sS", url);
      this.#token = /\/a\/([\w-]+)/.exec(body)?.[1] ?? this.#token;
      if (!body.includes("waits for its media")) return body;
    }
    throw new Error(`${this.#mac} waits for ever`);
  }

  /** The disk image, as slowly as asked, without waiting for its end. */
  download(path: string, bytesPerSecond: number): Promise<unknown> {
    const rate = ["--limit-rate", String(bytesPerSecond)];
    return this.#run("curl", "-sS", "-o", "/dev/null", ...rate, `${BASE}/media/${path}`);
  }

  /** A call home: `started`, `progress`, `done`, `failed`, `booted`. */
  async say(what: string, fields: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const url = `${BASE}/a/${this.#token ?? "none"}/${what}`;
    const json = JSON.stringify(fields);
    await this.#run("curl", "-sS", "--fail", "-H", "content-type: application/json", "-d", json, url);
  }

  async #run(command: string, ...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.#lab.client(command, ...args);
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status} ${stdout}${stderr}`);
    return stdout;
  }
}
