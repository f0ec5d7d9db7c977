import { createHmac } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Running } from "../../../src/bench/lab.ts";
import { namesInQuery, queriesOf, readMetrics } from "../../support/metrics-text.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

const ADMIN = "http://127.0.0.1:8081";

const config = `
dhcp:
  mode: server
  unknownHosts: lease
  subnets: [{ cidr: 10.99.0.0/16, pool: 10.99.1.10-10.99.1.19 }]
profiles:
  image: { installer: image, image: disk.raw }
syslog: true
hooks:
  - { url: "http://127.0.0.1:9000/bootwire", events: [lease.given, machine.first-seen], secretFile: hook-secret }
hosts:
  - { name: web-1, mac: "52:54:00:aa:00:01", profile: image }
`;

describeIf(
  { ...DAEMON_NEEDS, commands: ["ip", "curl", "udhcpc", "logger", "busybox"] },
  "health, metrics, syslog and hooks of the running daemon",
  () => {
    let lab: DaemonLab;
    let daemon: Running;
    let receiver: Running;

    beforeAll(async () => {
      lab = new DaemonLab("ops", config);
      writeFileSync(lab.path("media/disk.raw"), Buffer.alloc(1024 * 1024));
      writeFileSync(lab.path("script"), "#!/bin/sh\n");
      chmodSync(lab.path("script"), 0o755);
      writeFileSync(lab.path("hook-secret"), "of this test's own\n");
      receiver = await lab.lab.serve("receiver", process.execPath, [
        resolve("test/interop/daemon/hook-receiver.mjs"),
      ]);
      await receiver.printed(/listening/);
      daemon = await lab.start();
    });

    afterAll(async () => {
      await daemon?.stop();
      await receiver?.stop();
      lab?.close();
    });

    test("it is healthy and ready, and says so to whoever asks", async () => {
      expect((await ask("/healthz")).stdout).toBe('{"healthy":true}\n200');
      expect((await ask("/readyz")).stdout).toBe(
        '{"ready":true,"checks":{"store":true,"sockets":true}}\n200',
      );
      expect((await ask("/metrics")).stdout).toMatch(/BW_UNAUTHORIZED.*\n401$/);
    });

    test("a lease, a download and a refused config move what they should, and nothing else has to be known", async () => {
      const lease = await lab.client("udhcpc", ...["-i", "cli0", "-f", "-n", "-q", "-s", lab.path("script")]);
      expect(lease.status).toBe(0);
      await lab.address("10.99.0.2");
      const media = await lab.client(
        "curl",
        "-sS",
        "-o",
        "/dev/null",
        "http://10.99.0.1:8080/media/disk.raw",
      );
      expect(media.status).toBe(0);
      lab.configure(config.replace("mode: server", "mode: servant"));
      await daemon.printed(/the changed config is refused/);

      const { samples } = readMetrics(await scrape());
      expect(samples.get('bootwire_dhcp_messages_total{message="request",outcome="ack",reason="ok"}')).toBe(
        1,
      );
      expect(samples.get('bootwire_dhcp_pool_addresses{subnet="10.99.0.0/16"}')).toBe(10);
      expect(samples.get('bootwire_dhcp_pool_addresses_in_use{subnet="10.99.0.0/16"}')).toBe(1);
      expect(samples.get('bootwire_http_sent_bytes_total{folder="media"}')).toBe(1024 * 1024);
      expect(
        samples.get('bootwire_http_requests_total{app="boot",method="GET",route="/media/*",status="200"}'),
      ).toBe(1);
      expect(samples.get("bootwire_config_last_reload_successful")).toBe(0);
      expect(samples.get('bootwire_machines{state="ready"}')).toBe(1);
      expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    });

    test("a machine is told where to send its syslog, and what it says is in its timeline", async () => {
      await lab.client("ip", "addr", "flush", "dev", "cli0");
      await lab.client("ip", "link", "set", "cli0", "address", "52:54:00:aa:00:01");
      writeFileSync(lab.path("script"), '#!/bin/sh\n[ "$1" = bound ] && echo "$ip $opt7"\n');
      const { stdout } = await lab.client(
        "udhcpc",
        ...["-i", "cli0", "-f", "-n", "-q", "-O", "7"],
        ...["-s", lab.path("script")],
      );
      const [, address, logServer] = /^(\S+) (\S+)$/m.exec(stdout) ?? [];
      expect(logServer).toBe("0a630001");
      await lab.address(address ?? expect.fail(stdout));

      const to = ["--udp", "--server", "10.99.0.1", "--port", "514"];
      await lab.client("logger", ...to, "--rfc5424", "--tag", "anaconda", "storage: found vda");
      await lab.client("logger", ...to, "--rfc3164", "--tag", "installer", "partitioned");
      await lab.client("sh", "-c", "printf 'no syslog at all' | busybox nc -u -w1 10.99.0.1 514");
      const events = await lab.bootwire("events", "web-1", "--json");
      expect(events.stdout).toContain('"anaconda: storage: found vda"');
      expect(events.stdout).toContain('"installer: partitioned"');
      expect(events.stdout).not.toContain("no syslog at all");
    });

    test("hooks are told in order, signed with the file's secret; what failed first comes again", async () => {
      await receiver.printed(/web-1.*10\.99\.1\./);
      const posts = receiver
        .output()
        .split("\n")
        .flatMap((line) => {
          if (!line.startsWith("{")) return [];
          const { status, headers, body } = JSON.parse(line);
          return [{ status, headers, body, told: JSON.parse(body) }];
        });
      const [first, again] = posts;
      expect([first?.status, again?.status]).toEqual([503, 200]);
      expect(again?.told).toEqual(first?.told);
      expect(posts.slice(1).map(({ told }) => [told.event, told.machine])).toEqual([
        ["lease.given", null],
        ["machine.first-seen", "web-1"],
        ["lease.given", "web-1"],
      ]);
      for (const { headers, body } of posts) {
        const [, time, signature] = /^t=(\d+),v1=(\w+)$/.exec(headers["bootwire-signature"]) ?? [];
        const own = createHmac("sha256", "of this test's own").update(`${time}.${body}`).digest("hex");
        expect(signature).toBe(own);
      }
    });

    test("every query of the Grafana dashboard finds its metrics here", async () => {
      const { names } = readMetrics(await scrape());
      const queries = queriesOf(JSON.parse(readFileSync("docker/grafana-dashboard.json", "utf8")));
      expect(queries.flatMap(namesInQuery).filter((name) => !names.has(name))).toEqual([]);
    });

    function ask(path: string, ...args: readonly string[]) {
      return lab.beside("curl", "-sS", "-w", "\n%{http_code}", ...args, `${ADMIN}${path}`);
    }

    async function scrape(): Promise<string> {
      const token = readFileSync(lab.path("state/admin-token"), "utf8").trim();
      const { stdout } = await ask("/metrics", "-H", `Authorization: Bearer ${token}`);
      expect(stdout).toMatch(/\n200$/);
      return stdout.replace(/\n200$/, "");
    }
  },
);
