import { type Clock, type Random, systemClock, systemRandom } from "../runtime/index.ts";
import type { Database } from "./port.ts";
import { PostgresDatabase } from "./postgres-database.ts";
import type { Synchronous } from "./sqlite-connection.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { StorageError } from "./storage-error.ts";

/** How a database is opened, whichever it is. */
export interface OpenDatabaseOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  /**
   * SQLite only: `FULL` (the default) survives a power cut, `NORMAL` may lose the last commits to
   * one.
   */
  readonly synchronous?: Synchronous;
}

async function reachable(database: Database): Promise<Database> {
  try {
    await database.get("SELECT 1");
    return database;
  } catch (cause) {
    await database.close();
    const reason = cause instanceof Error ? cause.message : "unknown";
    const sentence = `PostgreSQL can't be used: ${reason}; check the address and the account`;
    throw new StorageError("databaseUnreachable", sentence, { cause });
  }
}

/**
 * Opens `sqlite:PATH`, `:memory:`, a plain path or `postgres://…`, and creates an SQLite file that
 * isn't there.
 * Errors: StorageError `unsupportedUrl`, `databaseUnreachable`.
 */
export async function openDatabase(
  url: string,
  options: OpenDatabaseOptions = {},
): Promise<Database> {
  const clock = options.clock ?? systemClock;
  if (/^postgres(ql)?:/.test(url)) {
    return reachable(new PostgresDatabase(url, { clock, random: options.random ?? systemRandom }));
  }
  const path = url.replace(/^sqlite:(\/\/(?=\/))?/, "");
  const synchronous = options.synchronous ?? "FULL";
  if (path === ":memory:") return SqliteDatabase.openTemporary({ clock, synchronous });
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1];
  if (scheme !== undefined) {
    throw new StorageError(
      "unsupportedUrl",
      `no database driver for "${scheme}:"; use sqlite:PATH, :memory:, a path or postgres://…`,
    );
  }
  try {
    return SqliteDatabase.open(path, { clock, synchronous });
  } catch (cause) {
    const sentence = `${path} can't be opened as an SQLite database: does its folder exist?`;
    throw new StorageError("databaseUnreachable", sentence, { cause });
  }
}
