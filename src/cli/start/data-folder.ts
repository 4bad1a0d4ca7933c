import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { RestoreWitness } from "../../sync/index.ts";
import { CliFailure } from "../failure.ts";

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Creates the folder if needed and claims it: two engines on one ledger would share one budget and
 * one cursor.
 */
export function claimDataFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "running.pid");
  if (existsSync(path)) {
    const owner = Number(readFileSync(path, "utf8"));
    if (owner !== process.pid && isAlive(owner)) {
      throw new CliFailure(`Another process (${owner}) already runs on this data.`, {
        place: folder,
        remedy: "Stop it, or give another folder with --data.",
      });
    }
    rmSync(path);
  }
  const file = openSync(path, "wx", 0o600);
  writeSync(file, String(process.pid));
  closeSync(file);
  return () => rmSync(path, { force: true });
}

/**
 * The engine's number of starts in a file beside the database, so that a restored database is
 * noticed.
 */
export function fileWitness(folder: string): RestoreWitness {
  const path = join(folder, "generation");
  return {
    read: async () => (existsSync(path) ? Number(readFileSync(path, "utf8")) : undefined),
    write: async (generation) => {
      writeFileSync(`${path}.new`, String(generation), { flush: true });
      renameSync(`${path}.new`, path);
    },
  };
}
