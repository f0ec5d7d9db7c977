import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Builds the dashboard into dist/ui, from where the daemon serves it. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("../../dist/ui", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The content security policy lets nothing in but files of our own.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
});
