import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { describeIf } from "../../support/require.ts";
import { readSchema, schemaPath } from "../../support/schemas.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { answerOf, labelled, varied } from "./variants.ts";

const profile = (version: string, role = "controlplane") => `    installer: talos
    kernel: talos/vmlinuz-amd64
    initrd: talos/initramfs-amd64.xz
    version: ${version}
    role: ${role}
    cluster: {name: lab, endpoint: https://192.0.2.10:6443}
    secrets:
      cluster: {id: aWQ=, secret: c2VjcmV0}
      secrets: {bootstraptoken: abcdef.0123456789abcdef, secretboxencryptionsecret: c2VjcmV0Ym94}
      trustdinfo: {token: ghijkl.0123456789abcdef}
      certs:
        etcd: {crt: ZXRjZA==, key: ZXRjZGtleQ==}
        k8s: {crt: azhz, key: azhza2V5}
        k8saggregator: {crt: YWdn, key: YWdna2V5}
        k8sserviceaccount: {key: c2FrZXk=}
        os: {crt: b3M=, key: b3NrZXk=}`;

const without = ["packages", "commands", "users", "locale", "keyboard", "timezone"] as const;
const VERSIONS = ["v1.9.6", "v1.10.9", "v1.11.6", "v1.12.11", "v1.13.9"];

describe.each(["v1.11.6", "v1.12.11"])("%s", (version) => {
  test("renders what it always rendered", async () => {
    for (const machine of await goldenMachines({ profile: profile(version), without })) {
      await expectGolden(`talos-${version}`, machine);
    }
  });
});

test("a worker gets no key of the cluster's authorities", async () => {
  const [machine] = await goldenMachines({ profile: profile("v1.12", "worker"), without });
  const text = machine === undefined ? "" : answerOf(machine, "machine.yaml");
  expect(text).toContain("type: worker");
  for (const secret of ["b3NrZXk=", "azhza2V5", "ZXRjZGtleQ==", "YWdna2V5", "c2FrZXk=", "c2VjcmV0Ym94"]) {
    expect(text).not.toContain(secret);
  }
});

test("a pod tells of the installed system, and only where it can reach us", async () => {
  const machines = await goldenMachines({ profile: profile("v1.12"), without });
  const [main] = parseAllDocuments(answerOf(labelled(machines, "dhcp"), "machine.yaml"));
  const pods = z
    .looseObject({ machine: z.looseObject({ pods: z.array(z.looseObject({ spec: z.unknown() })) }) })
    .parse(main?.toJS()).machine.pods;
  expect(pods).toHaveLength(1);
  expect(JSON.stringify(pods[0])).toContain("http://192.0.2.1:8080/a/token/booted");
});

describe.each(VERSIONS)("the schema of %s", (version) => {
  const file = `talos/config.schema-${version}.json`;
  describeIf({ files: [schemaPath(file)] }, "ajv", () => {
    const validators = () => {
      const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
      ajv.addSchema(readSchema(file), "talos");
      const names = Object.keys(z.record(z.string(), z.unknown()).parse(readSchema(file)["$defs"]));
      return (document: unknown): readonly string[] => {
        const { kind } = z.looseObject({ kind: z.string().optional() }).parse(document);
        const name =
          kind === undefined ? "v1alpha1.Config" : names.find((one) => one.endsWith(`.${kind}V1Alpha1`));
        if (name === undefined) return [`there is no kind ${kind}`];
        const validate = ajv.getSchema(`talos#/$defs/${name}`);
        if (!validate) throw new Error(`${name} cannot be compiled`);
        validate(document);
        return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
      };
    };

    test.each(["controlplane", "worker"])("takes every %s", async (role) => {
      const machines = await goldenMachines({ profile: profile(version, role), without });
      const fixed = labelled(machines, "static");
      const twoCards = labelled(machines, "uefi");
      const contexts = [
        ...machines.map(({ context }) => context),
        varied(fixed, { link: { vlan: 20, bond: undefined } }),
        varied(twoCards, { link: { vlan: undefined, bond: "active-backup" } }),
        varied(twoCards, { link: { vlan: 20, bond: "802.3ad" } }),
      ];
      const faults = validators();
      for (const context of contexts) {
        const text = fixed.installer.answers(context).get("machine.yaml")?.body ?? "";
        const documents = parseAllDocuments(text);
        expect(documents.length).toBeGreaterThan(0);
        for (const document of documents) {
          expect(document.errors).toEqual([]);
          expect(faults(document.toJS()), String(document)).toEqual([]);
        }
      }
    });

    test.each([
      ["a key that there is not", { version: "v1alpha1", machine: { typ: "worker" } }],
      ["a list where a text belongs", { version: "v1alpha1", machine: { token: ["a"] } }],
      ["a document of a kind that there is not", { apiVersion: "v1alpha1", kind: "HostConfig" }],
    ])("refuses %s", (_, bad) => {
      expect(validators()(bad)).not.toEqual([]);
    });
  });
});
