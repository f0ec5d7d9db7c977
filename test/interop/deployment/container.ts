import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { type Built, PATH } from "./image-builder.ts";

/** How docker/compose.yaml runs the image. Strict: what it says beside this would not be tested. */
const composeSchema = z.strictObject({
  services: z.strictObject({
    bootwire: z.strictObject({
      build: z.strictObject({ context: z.literal(".."), dockerfile: z.literal("docker/Dockerfile") }),
      image: z.string(),
      network_mode: z.literal("host"),
      cap_drop: z.tuple([z.literal("ALL")]),
      cap_add: z.array(z.string()),
      volumes: z.tuple([z.literal("./bootwire:/var/lib/bootwire")]),
      read_only: z.literal(true),
      tmpfs: z.tuple([z.literal("/tmp")]),
      restart: z.string(),
      stop_grace_period: z.string(),
    }),
  }),
});

export type Service = z.infer<typeof composeSchema>["services"]["bootwire"];

export function readCompose(text: string): Service {
  return composeSchema.parse(parse(text)).services.bootwire;
}

export interface CommandLine {
  readonly command: string;
  readonly args: string[];
}

/** A container without Docker: namespaces of its own but for the network, and the rights that the service is given. */
export class Container {
  readonly #image: Built;
  readonly #service: Service;
  /** What the service mounts at /var/lib/bootwire. */
  readonly #volume: string;

  constructor(image: Built, service: Service, volume: string) {
    this.#image = image;
    this.#service = service;
    this.#volume = volume;
  }

  /** Runs a program as the container's first process, below `unshare`, which ends as it does. */
  start(program: readonly string[]): CommandLine {
    const mounts = [
      'mount --bind "$0" "$0"',
      'mount -t proc proc "$0/proc"',
      'mount --rbind /dev "$0/dev"',
      'mount --rbind /sys "$0/sys"',
      'mount -t tmpfs tmpfs "$0/tmp"',
      'mount --bind "$1" "$0/var/lib/bootwire"',
      'mount -o remount,bind,ro "$0"',
      'shift && exec chroot "$0" "$@"',
    ].join(" && ");
    const apart = ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", mounts];
    return {
      command: "unshare",
      args: [...apart, this.#image.root, this.#volume, ...this.#asUser(program)],
    };
  }

  /** Runs a program in the container whose first process has this id, as `docker exec` does. */
  exec(pid: number, program: readonly string[]): CommandLine {
    const enter = ["--target", String(pid), "--mount", "--pid", "--net", "--root", "--wd=/"];
    return { command: "nsenter", args: [...enter, ...this.#asUser(program)] };
  }

  /** What a user other than root has in a container: nothing, and what files give it no further than the service lets them. */
  #asUser(program: readonly string[]): string[] {
    const { user, workdir } = this.#image;
    const may = this.#service.cap_add.map((name) => `,+${name.toLowerCase()}`).join("");
    const environment = ["-i", `--chdir=${workdir}`, `PATH=${PATH}`, `HOME=${workdir}`];
    const who = [`--reuid=${user}`, `--regid=${user}`, "--init-groups", "--inh-caps=-all"];
    return ["env", ...environment, "setpriv", ...who, `--bounding-set=-all${may}`, "--", ...program];
  }
}

/** The process that `unshare --fork` has made. */
export function firstProcessOf(unshare: number): number {
  return Number(readFileSync(`/proc/${unshare}/task/${unshare}/children`, "utf8").trim());
}
