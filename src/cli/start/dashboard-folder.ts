import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CliFailure } from "../failure.ts";

const here = fileURLToPath(import.meta.url);
const isCheckout = here.endsWith(".ts");
const root = join(dirname(here), "../../..");
const sources = join(root, "src/dashboard");
/** What the page is built from beside its own folder: the versions of its libraries. */
const alsoSources = ["package-lock.json"];
const digestLength = 16;

function digestOfSources(): string {
  const digest = createHash("sha256");
  const files = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".md"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of [...files, ...alsoSources.map((name) => join(root, name))]) {
    digest.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  }
  return digest.digest("hex").slice(0, digestLength);
}

function build(folder: string): Promise<void> {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const child = spawn(process.execPath, [vite, "build", sources, "--outDir", folder], {
    cwd: sources,
    // A test's or a developer's own setting would make the page slow and large.
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = `${output}${chunk}`.slice(-4_000);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`vite ended with ${code}: ${output}`));
    });
  });
}

/** Another process may build the same at the same time: whoever comes second takes the first's. */
async function buildInto(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  try {
    await build(draft);
    if (!existsSync(folder)) renameSync(draft, folder);
  } catch (cause) {
    if (existsSync(folder)) return;
    throw new CliFailure("The dashboard could not be built.", {
      place: sources,
      remedy: "Run `npm ci` and start again.",
      cause,
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What was built from earlier sources. */
function removeOthers(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    const isBuilt = new RegExp(`^page-[0-9a-f]{${digestLength}}$`).test(name);
    if (isBuilt && join(parent, name) !== folder) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}

/**
 * The folder of the built dashboard. A package brings it along; in a checkout it is built when it
 * is missing or its sources have changed, which takes a few seconds; `say` tells so.
 */
export async function dashboardFolder(say: (text: string) => void): Promise<string> {
  if (!isCheckout) return join(dirname(here), "../../dashboard");
  const folder = join(root, "node_modules/.cache/partner-referrals", `page-${digestOfSources()}`);
  if (!existsSync(folder)) {
    say("Building the dashboard (only after its sources have changed)…\n");
    await buildInto(folder);
    removeOthers(folder);
  }
  return folder;
}
