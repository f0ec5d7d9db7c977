// Which way imports may point. README ("Layout") shows the same picture; `npm run check` enforces it through
// scripts/check-imports.mjs, which also proves on each run that a wrong import is caught.

const libraries = ["net/", "dhcp/", "tftp/", "syslog/", "iso9660/", "cpio/"];
/** What the product stands on. */
const ground = [...libraries, "errors.ts", "config/", "store/", "media/", "assets/", "templates/"];
/** Everything that is neither a face nor wiring. */
const inner = [
  ...ground,
  "machines/",
  "installers/",
  "boot/",
  "proxmox/",
  "timeline/",
  "explain/",
  "monitor/",
];

/** A folder (or file) of src/ and everything of ours that it may import; itself is always allowed. */
const layers = [
  // Libraries without a product: they could be published as they are.
  { of: "net/", may: [] },
  { of: "dhcp/", may: ["net/"] },
  { of: "tftp/", may: ["net/"] },
  { of: "syslog/", may: ["net/"] },
  { of: "iso9660/", may: ["net/"] },
  { of: "cpio/", may: [] },
  { of: "errors.ts", may: [] },
  { of: "config/", may: [...libraries, "errors.ts"] },
  // The store keeps the records that machines/model.ts describes; machines/ knows the store by its interface alone.
  { of: "store/", may: [...libraries, "errors.ts", "machines/model.ts", "machines/ports.ts"] },
  { of: "media/", may: [...libraries, "errors.ts"] },
  { of: "assets/", may: ["net/", "cpio/", "errors.ts", "templates/"] },
  { of: "templates/", may: ["net/", "errors.ts"] },
  { of: "machines/", may: ["net/", "errors.ts", "config/", "store/"] },
  { of: "installers/", may: [...ground, "machines/"] },
  { of: "boot/", may: [...ground, "machines/", "installers/"] },
  // How Proxmox is told to make a guest.
  { of: "proxmox/", may: ["net/", "errors.ts", "config/"] },
  // What the libraries saw and did, as lines of a machine's timeline.
  { of: "timeline/", may: [...ground, "machines/", "boot/"] },
  // What a machine would be answered, asked of the very parts that answer it; said in the admin API's words.
  { of: "explain/", may: [...ground, "machines/", "installers/", "boot/", "api/"] },
  // Whether this host is fit to serve: looks at the system, knows nothing of machines.
  { of: "doctor/", may: [...ground] },
  // What admins' web servers are told.
  { of: "hooks/", may: ["net/", "config/", "machines/"] },
  // What is counted, for Prometheus.
  { of: "metrics/", may: [...libraries, "config/", "machines/", "hooks/"] },
  // What goes on right now, kept in memory for those who look.
  { of: "monitor/", may: [...ground, "machines/", "boot/"] },
  // Faces: inwards only, never one another. What they say to each other over HTTP is in api/, as schemas that check it,
  // and in api-types.ts as types.
  { of: "api/", may: [] },
  { of: "api-types.ts", may: ["api/"] },
  { of: "http/", may: [...inner, "api/", "api-types.ts"] },
  { of: "ui/", may: ["api-types.ts"] },
  // Machines as a boot server sees them: they know the wire, and nothing of the product.
  { of: "simulate/", may: ["net/", "dhcp/", "tftp/", "api/", "bench/"] },
  { of: "cli/", may: [...inner, "doctor/", "api/", "api-types.ts", "wiring"] },
];

/** What puts the parts together: the running daemon, and the commands that do their work without one. */
const wiring = "^src/((daemon|offline)/|(clock|log|version)\\.ts$)";

const pathOf = (name) => (name === "wiring" ? wiring : `^src/${name.replaceAll(".", "\\.")}`);

module.exports = {
  forbidden: [
    ...layers.map(({ of, may }) => ({
      name: `${of.replace(/\/$|\.ts$/, "")}-imports`,
      comment: `src/${of} may import ${may.length === 0 ? "nothing of ours" : may.join(", ")}`,
      severity: "error",
      from: { path: pathOf(of) },
      to: { path: "^src/", pathNot: [of, ...may].map(pathOf) },
    })),
    {
      name: "known-folders",
      comment: "a new folder of src/ needs its own line in this file",
      severity: "error",
      from: { path: "^src/", pathNot: [...layers.map(({ of }) => pathOf(of)), wiring, "^src/(demo|bench)/"] },
      to: {},
    },
    {
      name: "wired-by-faces-alone",
      comment: "nobody imports the wiring but the command line, the demo and the benchmarks",
      severity: "error",
      from: { path: "^src/", pathNot: [wiring, "^src/(cli|demo|bench)/"] },
      to: { path: wiring },
    },
    {
      name: "wiring-without-other-faces",
      comment: "the daemon serves HTTP; it is started by the command line, and does not know it",
      severity: "error",
      from: { path: wiring },
      to: { path: "^src/(cli|ui)/" },
    },
    {
      name: "daemon-without-offline",
      comment: "what answers without the daemon asks its parts; the daemon needs none of it",
      severity: "error",
      from: { path: "^src/daemon/" },
      to: { path: "^src/offline/" },
    },
    {
      name: "nothing-needs-demo-or-bench",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(demo|bench|simulate)/" },
      to: { path: "^src/(demo|bench|simulate)/" },
    },
    {
      name: "nothing-imports-test",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
    {
      name: "product-without-dev-dependencies",
      comment: "what runs at an admin's place may only need what `npm install --omit=dev` brings",
      severity: "error",
      // The dashboard is built into files of its own, its libraries with it.
      from: { path: "^src/", pathNot: "^src/(bench|ui)/" },
      to: { dependencyTypes: ["npm-dev"], pathNot: "node_modules/@types/" },
    },
    {
      name: "declared-dependencies",
      comment: "a package that package.json does not name",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "resolvable",
      comment: "programs that tests start run what was built, which a fresh clone does not have yet",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(\\.\\./)+dist/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
