import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { backup, DatabaseSync } from "node:sqlite";
import { StorageError } from "./storage-error.ts";

const pagesPerStep = 2 ** 31 - 1;

async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Copies a database in use to a new file, which appears under its name only when it is whole and on
 * the disk.
 * Errors: StorageError `backupExists`.
 */
export async function backUp(from: string, to: string): Promise<void> {
  if (existsSync(to)) {
    throw new StorageError("backupExists", "the backup's file is already there: name a new one");
  }
  const partial = `${to}.partial`;
  await rm(partial, { force: true });
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(source, partial, { rate: pagesPerStep });
    await flush(partial);
    await rename(partial, to);
  } finally {
    source.close();
    await rm(partial, { force: true });
  }
}
