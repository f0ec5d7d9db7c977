// Which way imports may point. README ("Layout") shows the same picture; `npm run check` enforces it through
// scripts/check-imports.mjs, which also proves on each run that a wrong import is caught.

/** One folder (or file) of src/ and everything of ours that it may import; itself is always allowed. */
const layers = [
  // Libraries without a product: they could be published as they are.
  { of: "net/", may: [] },
  { of: "dhcp/", may: ["net/"] },
  { of: "tftp/", may: ["net/"] },
  { of: "iso9660/", may: ["net/"] },
  { of: "errors.ts", may: [] },
  // What the product stands on.
  { of: "config/", may: ["net/", "dhcp/", "tftp/", "iso9660/", "errors.ts"] },
  { of: "store/", may: ["net/", "dhcp/", "tftp/", "iso9660/", "errors.ts", "machines/model.ts"] },
  { of: "media/", may: ["net/", "dhcp/", "tftp/", "iso9660/", "errors.ts"] },
  { of: "assets/", may: ["net/", "errors.ts"] },
  { of: "templates/", may: ["net/", "errors.ts"] },
  // What the product is.
  { of: "machines/", may: ["net/", "config/", "store/", "errors.ts"] },
  {
    of: "installers/",
    may: ["net/", "config/", "media/", "assets/", "templates/", "machines/", "errors.ts"],
  },
  {
    of: "boot/",
    may: [
      "net/",
      "dhcp/",
      "tftp/",
      "config/",
      "media/",
      "assets/",
      "templates/",
      "machines/",
      "installers/",
      "errors.ts",
    ],
  },
  // Faces: inwards only, never one another. The command line also starts what daemon.ts wires.
  { of: "http/", may: ["inner"] },
  { of: "ui/", may: ["http/api/", "errors.ts"] },
  { of: "cli/", may: ["inner", "wiring"] },
];

const inner = [
  "net/",
  "dhcp/",
  "tftp/",
  "iso9660/",
  "errors.ts",
  "config/",
  "store/",
  "media/",
  "assets/",
  "templates/",
  "machines/",
  "installers/",
  "boot/",
];
/** The files that put the parts together. */
const wiring = ["daemon.ts", "init.ts", "render.ts"];

const escaped = (path) => `^src/${path.replaceAll(".", "\\.")}`;
const expanded = (names) =>
  names.flatMap((name) => (name === "inner" ? inner : name === "wiring" ? wiring : [name]));

module.exports = {
  forbidden: [
    ...layers.map(({ of, may }) => ({
      name: `${of.replace(/\/$|\.ts$/, "")}-imports`,
      comment: `src/${of} may import ${may.length === 0 ? "nothing of ours" : may.join(", ")}`,
      severity: "error",
      from: { path: escaped(of) },
      to: { path: "^src/", pathNot: [of, ...expanded(may)].map(escaped) },
    })),
    {
      name: "known-folders",
      comment: "a new folder of src/ needs its own line in this file",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: [...layers.map(({ of }) => of), ...wiring, "demo/", "bench/"].map(escaped),
      },
      to: {},
    },
    {
      name: "wired-by-faces-alone",
      comment: "nobody imports the wiring but the command line, the demo and the benchmarks",
      severity: "error",
      from: { path: "^src/", pathNot: [...wiring.map(escaped), "^src/(cli|demo|bench)/"] },
      to: { path: wiring.map(escaped) },
    },
    {
      name: "nothing-needs-demo-or-bench",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(demo|bench)/" },
      to: { path: "^src/(demo|bench)/" },
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
      from: { path: "^src/", pathNot: "^src/bench/" },
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
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
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
