import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RestoreWitness } from "../../sync/index.ts";
import { CliFailure } from "../failure.ts";
import { makeFolder } from "../make-folder.ts";

/** The ledger's file in a data folder. */
export const ledgerFile = "sync.sqlite";

/** What the engine compares the ledger with, to notice a restored one. */
export const witnessFile = "generation";

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Locks that this process holds: one that nobody refers to would be collected, and so released. */
const held = new Set<DatabaseSync>();

/**
 * Creates the folder if needed and claims it: two engines on one ledger would share one budget and
 * one cursor. The claim is a lock of the operating system (SQLite's, on an empty file), so it ends
 * with the process, however that ends.
 */
export function claimDataFolder(folder: string): () => void {
  makeFolder(folder);
  const ownerFile = join(folder, "running.pid");
  const lock = new DatabaseSync(join(folder, "running.lock"));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    const owner = existsSync(ownerFile) ? ` (${readFileSync(ownerFile, "utf8")})` : "";
    throw new CliFailure(`Another process${owner} already runs on this data.`, {
      place: folder,
      remedy: "Stop it, or give another folder with --data.",
      cause,
    });
  }
  held.add(lock);
  writeFileSync(ownerFile, String(process.pid), { mode: 0o600 });
  return () => {
    rmSync(ownerFile, { force: true });
    held.delete(lock);
    lock.close();
  };
}

/** A file that the demonstration's folder has: the referrals of its sandbox. */
export const demonstrationMark = "referrals.sqlite";

/** True where the demonstration, or a sandbox, has its data. */
export const isOfSandbox = (folder: string): boolean => existsSync(join(folder, demonstrationMark));

/**
 * Keeps a configured sync from the demonstration's ledger: its deals are linked to invented ones.
 * Errors: CliFailure.
 */
export function refuseSandboxFolder(folder: string): void {
  if (!isOfSandbox(folder)) return;
  throw new CliFailure("The demonstration or a sandbox has its data in this folder.", {
    place: folder,
    remedy: "Name another folder as `data` in the configuration, or delete this one.",
  });
}

const addressFile = "running.json";

/** Leaves word where a running process is asked; the returned function takes it away. */
export function announceAddress(folder: string, url: string): () => void {
  const path = join(folder, addressFile);
  writeFileSync(path, JSON.stringify({ processId: process.pid, url }), { mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** Where the process that runs on this folder is asked; undefined where none runs. */
export function runningAddress(folder: string): string | undefined {
  const path = join(folder, addressFile);
  if (!existsSync(path)) return undefined;
  try {
    const word = JSON.parse(readFileSync(path, "utf8")) as { processId: number; url: string };
    return isAlive(word.processId) ? word.url : undefined;
  } catch {
    // The word of a process that was killed while it wrote.
    return undefined;
  }
}

/** How far the ledger has come, in a file beside the database: a restored database is noticed. */
export function fileWitness(folder: string): RestoreWitness {
  const path = join(folder, witnessFile);
  return {
    read: async () => {
      if (!existsSync(path)) return undefined;
      const [generation = 0, calls = 0] = readFileSync(path, "utf8").split(" ").map(Number);
      return { generation, calls };
    },
    write: async ({ generation, calls }) => {
      writeFileSync(`${path}.new`, `${generation} ${calls}`, { flush: true });
      renameSync(`${path}.new`, path);
    },
  };
}
