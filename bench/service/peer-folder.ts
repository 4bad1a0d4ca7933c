import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../test/checks.ts";

/** Installs a peer outside the checkout, once a machine: it is compared with, never depended on. */
export function peerFolder(name: string, packages: readonly string[]): string {
  const folder = join(tmpdir(), `partner-referrals-peer-${name}`);
  if (existsSync(join(folder, "node_modules", ".done"))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  process.stderr.write(`Installing ${packages.join(", ")} to compare with…\n`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
  });
  writeFileSync(join(folder, "node_modules", ".done"), "");
  return folder;
}
