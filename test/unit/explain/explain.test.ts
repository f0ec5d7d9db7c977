import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Explanation, explanationSchema } from "../../../src/api/explain.ts";
import { decode } from "../../../src/dhcp/packet.ts";
import { BootWorld, MAC, SCRIPT } from "../boot/boot-world.ts";
import { bootwire } from "../cli/run.ts";

const CONFIG = `advertise: 10.0.0.1
dhcp: {mode: server, subnets: [{cidr: 10.0.0.0/24, pool: 10.0.0.100-10.0.0.109, router: 10.0.0.9}]}
interface: none0
state: state
profiles:
  cloud: {installer: image, image: disk.raw, vars: {apiKey: hunter2, colour: red}, users: [{name: ann, password: secret}]}
  by-grub: {installer: image, image: disk.raw, loader: grub}
  by-pxelinux: {installer: image, image: disk.raw, loader: pxelinux}
hosts:
  - {name: web-1, mac: ${MAC}, profile: cloud, address: 10.0.0.7}
  - {name: web-2, mac: 52:54:00:12:34:57, profile: by-grub}
  - {name: web-3, mac: 52:54:00:12:34:58, profile: by-pxelinux}
  - {name: bare, mac: 52:54:00:12:34:59}
`;

describe("explain, from the files", () => {
  let world: BootWorld;
  beforeEach(async () => {
    world = await BootWorld.create(CONFIG);
    const init = await bootwire(["init", "--config", world.path]);
    expect(init.err).toBe("");
  });
  afterEach(() => world.dispose());

  async function explain(...args: string[]): Promise<Explanation> {
    const ran = await bootwire(["explain", ...args, "--offline", "--json", "--config", world.path]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    return explanationSchema.parse(JSON.parse(ran.out));
  }

  const path = (explained: Explanation) =>
    explained.steps.map((step) => [step.step, step.file ?? step.title.split(" ")[0]].join(" "));

  test.each([
    [
      ["web-1", "--firmware", "bios"],
      [
        "dhcp undionly.kpxe",
        "dhcp undionly.kpxe",
        "tftp undionly.kpxe",
        "dhcp URL",
        "dhcp URL",
        "script ipxe",
      ],
    ],
    [["web-1"], ["dhcp ipxe.efi", "dhcp ipxe.efi", "tftp ipxe.efi", "dhcp URL", "dhcp URL", "script ipxe"]],
    [
      ["web-1", "--loader", "ipxe"],
      ["dhcp URL", "dhcp URL", "script ipxe"],
    ],
    [
      ["web-1", "--firmware", "uefi-http"],
      ["dhcp HTTP", "dhcp HTTP", "tftp assets/ipxe.efi", "dhcp URL", "dhcp URL", "script ipxe"],
    ],
    [
      ["web-2"],
      [
        "dhcp shimx64.efi",
        "dhcp shimx64.efi",
        "tftp shimx64.efi",
        "tftp grubx64.efi",
        "script grub/grub.cfg",
        "script grub",
      ],
    ],
    [
      ["web-3", "--firmware", "bios"],
      ["dhcp pxelinux.0", "dhcp pxelinux.0", "tftp pxelinux.0", "script pxelinux"],
    ],
    [["web-3", "--loader", "pxelinux"], ["script pxelinux"]],
  ])("%j goes the way that the machine goes", async (args, way) => {
    const explained = await explain(...args);
    const said = path(explained)
      .map((line) => line.replace(/http:\/\/10\.0\.0\.1:8080\/boot\/\w+\/[0-9a-f-]+\.ipxe/, "URL"))
      .map((line) => line.replace(/http:\/\/10\.0\.0\.1:8080\/assets\/ipxe\.efi/, "HTTP"));
    const answers = ["user-data", "meta-data", "network-config"].map((file) => `answers ${file}`);
    expect(said).toEqual([...way, ...answers]);
  });

  test("shows DHCP's answer dissected, and the very octets", async () => {
    const { steps } = await explain("web-1", "--step", "dhcp", "--loader", "ipxe");
    expect(steps).toHaveLength(2);
    const [offer, ack] = steps;
    expect(offer?.outcome).toMatch(/^offer: reserved address; .*it is armed; iPXE is running: its script$/);
    expect(offer?.details).toEqual(
      expect.arrayContaining([
        "to: 255.255.255.255:68 (broadcast)",
        "yiaddr: 10.0.0.7",
        "message-type (53): 2",
        "routers (3): 10.0.0.9",
        `bootfile-name (67): "http://10.0.0.1:8080/boot/uefi/${MAC.replaceAll(":", "-")}.ipxe"`,
      ]),
    );
    for (const [step, type] of [
      [offer, 2],
      [ack, 5],
    ] as const) {
      const decoded = decode(Buffer.from(step?.bytes?.hex ?? "", "hex"));
      expect(decoded.ok && decoded.packet.options.get(53)?.[0]).toBe(type);
    }
  });

  test("says why a machine gets nothing", async () => {
    const bare = await explain("bare");
    expect(path(bare)).toEqual(["dhcp uefi", "dhcp uefi"]);
    expect(bare.steps.at(-1)?.outcome).toContain("bare has a reservation but no profile");
    const stranger = await explain("52:54:00:99:99:99");
    expect(stranger).toMatchObject({ machine: null });
    expect(stranger.notes).toContain("52:54:00:99:99:99 is not in the config");
    expect(stranger.steps).toMatchObject([
      { answered: false, outcome: expect.stringContaining("unknown host") },
    ]);
  });

  test("masks secrets, unless they are asked for", async () => {
    world.write(
      "templates/image/user-data.hbs",
      "{{json users}} {{vars.apiKey}} {{vars.colour}} {{attemptUrl}}\n",
    );
    world.write("bootwire.yaml", `templates: templates\n${CONFIG}`);
    const text = async (...args: string[]) =>
      (await explain("web-1", "--step", "answers", ...args)).steps[0]?.text ?? "";
    expect(await text()).toMatch(
      /"passwordHash":"\$6\$MASKED\$MASKED".* MASKED red http:\/\/10\.0\.0\.1:8080\/a\/TOKEN/,
    );
    expect(await text("--secrets")).toMatch(/"passwordHash":"\$6\$.* hunter2 red /);
  });

  test("changes nothing: the state is the same afterwards, and the machine still armed", async () => {
    const before = readFileSync(`${world.folder}/state/state.db`);
    expect((await explain("web-1")).steps.find((step) => step.step === "script")?.outcome).toContain(
      "installing web-1",
    );
    expect(readFileSync(`${world.folder}/state/state.db`).equals(before)).toBe(true);
  });

  test("without a state it says that it explains a new lab", async () => {
    world.write("bootwire.yaml", CONFIG.replace("state: state", "state: none"));
    expect((await explain("web-1")).notes.join()).toContain("there is no state in");
  });

  test("with dhcp.mode off it says what the other server has to name", async () => {
    world.write(
      "bootwire.yaml",
      CONFIG.replace("mode: server", "mode: off").replace(/, subnets: \[.*\]/, ""),
    );
    const [first] = (await explain("web-1")).steps;
    expect(first).toMatchObject({ answered: true, file: "ipxe.efi" });
    expect(first?.outcome).toContain("that server has to name ipxe.efi");
  });

  test("prints for people", async () => {
    const ran = await bootwire(["explain", "web-1", "--hex", "--offline", "--config", world.path]);
    expect(ran.out).toMatch(
      /^web-1 \(52:54:00:12:34:56\), uefi firmware: explained by the config and the state/,
    );
    expect(ran.out).toContain("1. dhcp: uefi firmware asks for an offer (DISCOVER to port 67 on nowhere)");
    expect(ran.out).toContain("     0000  02 01 06 00 ");
    expect(ran.out).toContain("   | #!ipxe");
    const none = await bootwire([
      "explain",
      "bare",
      "--step",
      "answers",
      "--offline",
      "--config",
      world.path,
    ]);
    expect(none.out).toContain("Its boot does not come to this step.");
  });

  test.each([
    [["nobody"], "BW_MACHINE_UNKNOWN"],
    [[], "BW_EXPLAIN_WHAT"],
    [["--pcap", "/dev/null"], "BW_CAPTURE"],
    [["--pcap", "/nonexistent"], "BW_CAPTURE"],
  ])("%j is refused", async (args, code) => {
    const ran = await bootwire(["explain", ...args, "--offline", "--json", "--config", world.path]);
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(JSON.parse(ran.err)).toMatchObject({ error: { code } });
  });
});

describe("a running attempt, explained", () => {
  test("is what its machine gets, to the byte", async () => {
    const world = await BootWorld.create(CONFIG);
    try {
      const script = await world.script();
      const answers = await world.answer();
      const { Explainer } = await import("../../../src/explain/explain.ts");
      const { earOf } = await import("../../../src/explain/dhcp-steps.ts");
      const { Catalogue } = await import("../../../src/media/catalogue.ts");
      const { SERVER } = await import("../boot/boot-world.ts");
      const ears = [{ name: "lo", address: SERVER, addresses: [{ address: SERVER, prefix: 8 }] }] as const;
      const explainer = new Explainer({
        active: () => world.live.active,
        boot: world.boot,
        running: (host) => world.lab.machines.running(host),
        catalogue: new Catalogue({ path: () => undefined }, () => world.folder),
        dhcp: {
          decide: undefined,
          interfaces: [...ears],
          now: () => world.lab.now,
          notes: [],
          server: (host) => earOf([...ears], host).address,
        },
        source: "daemon",
      });
      world.write("bootwire.yaml", CONFIG.replace("colour: red", "colour: blue"));
      await world.live.reload();
      const ask = { mac: SCRIPT.mac, firmware: "bios", loader: "ipxe" } as const;
      const open = await explainer.explain({ ...ask, secrets: true });
      expect(open.steps.find((step) => step.step === "script")?.text).toBe(script);
      expect(open.steps.find((step) => step.file === "user-data")?.text).toBe(answers);
      const token = world.lab.machines.get("web-1")?.attempt?.token ?? "?";
      const masked = JSON.stringify(await explainer.explain({ ...ask, secrets: false }));
      expect(JSON.stringify(open)).toContain(`/a/${token}`);
      expect(masked).not.toContain(`/a/${token}`);
      expect(masked).not.toMatch(/\$6\$(?!MASKED)/);
      expect(masked).toContain("/a/TOKEN");
    } finally {
      await world.dispose();
    }
  });
});
