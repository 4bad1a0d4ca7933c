// Emits what is published: JavaScript and types in dist/, and beside them what is no TypeScript
// (mappings, pages, icons).
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}/dist`, { recursive: true, force: true });
const compiler = `${root}/node_modules/typescript/bin/tsc`;
const build = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: ["ignore", 2, 2],
});
if (build.status !== 0) process.exit(build.status ?? 1);
const dashboard = `${root}/src/dashboard`;
const isAsset = (path) =>
  ![".ts", ".tsx", ".md"].includes(extname(path)) && !path.startsWith(dashboard);
cpSync(`${root}/src`, `${root}/dist`, { recursive: true, filter: isAsset });

// The dashboard as it is sent to browsers, compressed forms beside it.
const vite = `${root}/node_modules/vite/bin/vite.js`;
const page = spawnSync(
  process.execPath,
  [vite, "build", dashboard, "--outDir", `${root}/dist/dashboard`],
  {
    cwd: dashboard,
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", 2, 2],
  },
);
if (page.status !== 0) process.exit(page.status ?? 1);
