/** What people write who know the word from another tool, and what it is called here. */
const OTHER_WORDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    interfaces: ["interface"],
    nic: ["interface"],
    serverip: ["advertise"],
    nextserver: ["advertise"],
    hostname: ["name"],
    hwaddr: ["mac"],
    macaddress: ["mac"],
    ethernet: ["mac"],
    ip: ["address"],
    ipaddress: ["address"],
    fixedaddress: ["address"],
    gateway: ["router"],
    gw: ["router", "gateway"],
    router: ["gateway"],
    routers: ["router"],
    nameserver: ["dns"],
    nameservers: ["dns"],
    dnsservers: ["dns"],
    range: ["pool"],
    subnet: ["cidr", "subnets"],
    network: ["cidr"],
    lease: ["leaseTime"],
    ping: ["probe"],
    pingcheck: ["probe"],
    shared: ["sharedNetwork"],
    machines: ["hosts"],
    nodes: ["hosts"],
    os: ["installer"],
    type: ["installer"],
    bootloader: ["loader"],
    device: ["disk"],
    checksum: ["sha256"],
    keys: ["sshKeys"],
    sshauthorizedkeys: ["sshKeys"],
    authorizedkeys: ["sshKeys"],
    runcmd: ["runCommands"],
    commands: ["runCommands"],
    retries: ["limit"],
    bind: ["listen"],
    host: ["hosts", "listen"],
    tz: ["timezone"],
    lang: ["locale"],
    variables: ["vars"],
    path: ["root"],
  }),
);

/** The known word that was most likely meant, or `undefined` when none is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const plain = simplify(word);
  const same = known.find((candidate) => simplify(candidate) === plain);
  if (same !== undefined) return same;
  const meant = OTHER_WORDS.get(plain)?.find((candidate) => known.includes(candidate));
  if (meant !== undefined) return meant;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain, simplify(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `lease_time`, `Lease-Time` and `leaseTime` are one word. */
function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replace = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let cost = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, replace);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
