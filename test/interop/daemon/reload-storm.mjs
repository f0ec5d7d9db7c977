// Machines that boot and install as fast as they can, while the config is changed and reloaded again and again. Runs beside
// the daemon: node reload-storm.mjs <folder> <reloads>. The last line of its output is what came of it, as JSON.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, reloads] = [process.argv[2], Number(process.argv[3])];
const BOOT = "http://10.99.0.1:8080";
const ADMIN = "http://127.0.0.1:8081/api/v1";
/** Machines that install again and again, and machines whose one install goes on all the time. */
const SHORT = 15;
const LONG = 5;
const token = readFileSync(join(folder, "state", "admin-token"), "utf8").trim();
const headers = { authorization: `Bearer ${token}` };

const result = { boots: 0, installs: 0, answers: 0, taken: 0, refused: 0, generations: 0, failures: [] };
const seen = new Set();
let isOver = false;

const macOf = (n) => `52:54:00:aa:01:${n.toString(16).padStart(2, "0")}`;

/** Everything in a generation carries its number: variables, templates, the command line. */
function writeGeneration(n) {
  const templates = join(folder, `templates-${n}`);
  mkdirSync(join(templates, "boot"), { recursive: true });
  mkdirSync(join(templates, "image"), { recursive: true });
  writeFileSync(
    join(templates, "boot", "install.ipxe.hbs"),
    `#!ipxe\n# template ${n}\n# title {{title}}\nkernel {{commandLine}}\n`,
  );
  const answer = `template ${n} variable {{vars.generation}} profile {{profile}} host {{vars.own}}\n`;
  writeFileSync(join(templates, "image", "user-data.hbs"), answer);
  const hosts = Array.from(
    { length: SHORT + LONG },
    (_, i) => `  - {name: vm-${i}, mac: "${macOf(i)}", profile: p${n}, vars: {own: ${n}}}\n`,
  );
  write(`interface: srv0
dhcp: {mode: 'off'}
templates: ./templates-${n}
defaults: {attempts: {limit: 100, timeout: 1d}}
profiles: {p${n}: {installer: image, image: disk.raw, vars: {generation: ${n}}}}
hosts:
${hosts.join("")}`);
}

/** As an editor does: the file is never half there. */
function write(text) {
  writeFileSync(join(folder, "bootwire.yaml.new"), text);
  renameSync(join(folder, "bootwire.yaml.new"), join(folder, "bootwire.yaml"));
}

function fail(what) {
  if (result.failures.length < 20) result.failures.push(what);
}

async function get(url) {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text}`);
  return text;
}

/** One number, said in every place; anything else is a mix. */
function generationOf(text, patterns) {
  const numbers = patterns.map((pattern) => pattern.exec(text)?.[1]);
  const [first] = numbers;
  if (first === undefined || numbers.some((one) => one !== first)) fail(`a mix: ${numbers} in ${text}`);
  seen.add(first);
  return first;
}

async function boot(mac) {
  const script = await get(`${BOOT}/boot/bios/${mac.replaceAll(":", "-")}.ipxe`);
  result.boots += 1;
  if (!script.includes("# template")) return { script, generation: undefined, url: undefined };
  const generation = generationOf(script, [/# template (\d+)/, /with profile p(\d+)/]);
  return { script, generation, url: /bootwire\.url=(\S+)/.exec(script)?.[1] };
}

async function answer(url) {
  const text = await get(`${url}/answers/user-data`);
  result.answers += 1;
  return generationOf(text, [/^template (\d+)/, /variable (\d+)/, /profile p(\d+)/, /host (\d+)/]);
}

async function post(url, headers = {}) {
  const response = await fetch(url, { method: "POST", headers });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${url}: ${response.status} ${text}`);
}

async function installAgainAndAgain(n) {
  while (!isOver) {
    const { generation, url, script } = await boot(macOf(n));
    if (url === undefined) throw new Error(`vm-${n} is not installed: ${script}`);
    await post(`${url}/started`);
    for (let i = 0; i < 3; i++) {
      const other = await answer(url);
      if (other !== generation) fail(`vm-${n}: script of ${generation}, answers of ${other}`);
    }
    await post(`${url}/done`);
    await post(`${url}/booted`);
    result.installs += 1;
    const local = await boot(macOf(n));
    if (!local.script.includes("sanboot")) fail(`vm-${n} is installed, and gets ${local.script}`);
    await post(`${ADMIN}/machines/vm-${n}/reinstall`, headers);
  }
}

async function installForAllTime(n) {
  const first = await boot(macOf(n));
  while (!isOver) {
    const again = await boot(macOf(n));
    if (again.script !== first.script) fail(`vm-${n} began with ${first.script}, and gets ${again.script}`);
    const other = await answer(first.url);
    if (other !== first.generation) fail(`vm-${n} began with ${first.generation}, and gets ${other}`);
  }
}

async function reloadAgainAndAgain() {
  const bad = ["hosts: 3\n", "hosts: [\n", `templates: ./nowhere\nhosts: []\n`, ""];
  for (let n = 1; n <= reloads; n++) {
    const isBad = n % 3 === 0;
    if (isBad) write(bad[(n / 3) % bad.length] ?? "");
    else writeGeneration(n);
    const response = await fetch(`${ADMIN}/reload`, { method: "POST", headers });
    const said = await response.text();
    if (response.ok) result.taken += 1;
    else result.refused += 1;
    if (response.ok === isBad) fail(`reload ${n} was ${isBad ? "bad" : "good"}, and it said ${said}`);
  }
}

const machines = [
  ...Array.from({ length: SHORT }, (_, i) => installAgainAndAgain(i)),
  ...Array.from({ length: LONG }, (_, i) => installForAllTime(SHORT + i)),
].map((machine) => machine.catch((error) => fail(String(error))));
await reloadAgainAndAgain();
isOver = true;
await Promise.all(machines);
process.stdout.write(`${JSON.stringify({ ...result, generations: seen.size })}\n`);
