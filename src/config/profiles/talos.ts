import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** A value of the secrets, which nobody writes by hand. */
const secret = (description: string) => z.string().min(1).meta({ description });

const pair = (of: string) =>
  z.looseObject({ crt: secret(`Certificate of ${of}, in base64.`), key: secret("Its key, in base64.") });

/** What `talosctl gen secrets` writes, as it is. */
const secretsSchema = z
  .looseObject({
    cluster: z.looseObject({ id: secret("The cluster's id."), secret: secret("The cluster's secret.") }),
    secrets: z.looseObject({
      bootstraptoken: secret("Token by which nodes join Kubernetes."),
      secretboxencryptionsecret: secret("Key of what Kubernetes stores."),
    }),
    trustdinfo: z.looseObject({ token: secret("Token by which machines join Talos.") }),
    certs: z.looseObject({
      etcd: pair("etcd"),
      k8s: pair("Kubernetes"),
      k8saggregator: pair("Kubernetes' aggregator"),
      k8sserviceaccount: z.looseObject({ key: secret("Key of service accounts, in base64.") }),
      os: pair("Talos"),
    }),
  })
  .meta({
    description: "What `talosctl gen secrets` wrote into secrets.yaml, indented to stand below this.",
  });

/** The form of the machine configuration; the newest that is known goes for later releases too. */
const VERSION = /^v?1\.(\d{1,3})(?:\.\d+)?$/;

/** `installer: talos` as an admin writes it. */
export const talosProfile = z
  .strictObject({
    installer: z.literal("talos").meta({ description: "Talos Linux, a node of a Kubernetes cluster." }),
    kernel: textField(
      { description: "Kernel, below the media folder.", examples: ["talos/vmlinuz-amd64"] },
      readPlainMediaPath,
    ),
    initrd: textField(
      { description: "Initramfs, below the media folder.", examples: ["talos/initramfs-amd64.xz"] },
      readPlainMediaPath,
    ),
    version: z
      .string()
      .regex(VERSION, "a release of Talos is written like v1.12 or v1.12.4")
      .meta({
        description: "Release of Talos, which decides the form of its configuration.",
        examples: ["v1.12.4"],
      }),
    role: z.enum(["controlplane", "worker"]).meta({ description: "What the machine is in the cluster." }),
    cluster: z
      .strictObject({
        name: textField({ description: "Name of the cluster.", examples: ["lab"] }, readWord),
        endpoint: z.url({ protocol: /^https$/ }).meta({
          description: "URL of the Kubernetes API.",
          examples: ["https://10.0.0.10:6443"],
        }),
      })
      .meta({ description: "The cluster that the machine becomes a part of." }),
    secrets: secretsSchema,
    installImage: textField(
      {
        description: "Container image that writes the disk; one of Image Factory brings extensions.",
        examples: ["ghcr.io/siderolabs/installer:v1.12.4"],
      },
      readWord,
    ).optional(),
    callHomeImage: textField(
      {
        description: "Container image with curl: a pod of it tells Bootwire that the installed system runs.",
        examples: ["docker.io/curlimages/curl:8.16.0"],
        default: "docker.io/curlimages/curl:latest",
      },
      readWord,
    ).optional(),
    ...profileSettings,
  })
  .meta({ title: "talos", description: "Talos Linux, a node of a Kubernetes cluster." });

export type TalosSecrets = z.output<typeof secretsSchema>;

/** `installer: talos`: a node of a Kubernetes cluster. */
export interface TalosProfile extends ProfileBase {
  readonly installer: "talos";
  /** Paths in the media folder. */
  readonly kernel: string;
  readonly initrd: string;
  /** The release's second number: 12 for v1.12.4. */
  readonly minor: number;
  readonly role: "controlplane" | "worker";
  readonly cluster: { readonly name: string; readonly endpoint: string };
  readonly secrets: TalosSecrets;
  readonly installImage: string | undefined;
  readonly callHomeImage: string;
}

export function resolveTalos(written: z.output<typeof talosProfile>, base: ProfileBase): TalosProfile {
  const { kernel, initrd, role, cluster, secrets, installImage } = written;
  return {
    ...base,
    installer: "talos",
    kernel,
    initrd,
    minor: Number(VERSION.exec(written.version)?.[1]),
    role,
    cluster,
    secrets,
    installImage,
    callHomeImage: written.callHomeImage ?? "docker.io/curlimages/curl:latest",
  };
}

export function talosMedia(profile: TalosProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    { key: "initrd", path: profile.initrd },
  ];
}
