import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes what is sent over the wire beside each file, so that no request pays for compressing. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: () => {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !/\.(?:js|css|html|svg)$/.test(entry.name)) continue;
        writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)));
      }
    },
  };
}

/**
 * How the page is built, for production always: one small first load, and a part for each place
 * that is opened.
 */
export default defineConfig({
  root: import.meta.dirname,
  logLevel: "error",
  plugins: [compressed()],
  build: {
    target: "es2022",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // The contract only states: of what the page doesn't name, nothing comes along.
      treeshake: { moduleSideEffects: (id) => !id.includes("/src/contract/") },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:4400", "/demonstration": "http://127.0.0.1:4400" } },
});
