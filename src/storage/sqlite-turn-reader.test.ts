import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "./open-database.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteTurnReader } from "./sqlite-turn-reader.ts";

const count = `SELECT count(*) AS "count" FROM t`;
let folder: string;
let path: string;
let writer: SqliteConnection;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "referrals-turn-"));
  path = join(folder, "t.db");
  writer = SqliteConnection.openWriter(path, "OFF");
  writer.execute("CREATE TABLE t (v TEXT)");
});

afterEach(() => {
  writer.close();
  rmSync(folder, { recursive: true });
});

test("reads of one turn see one moment, and those of the next turn what was written", async () => {
  const reader = new SqliteTurnReader(SqliteConnection.openReader(path));
  expect(reader.get(count)).toEqual({ count: 0 });
  writer.run("INSERT INTO t VALUES ('a')");
  expect(reader.all(count)).toEqual([{ count: 0 }]);
  await nextTurn();
  expect(reader.get(count)).toEqual({ count: 1 });
  reader.close();
});

test("a read that fails leaves the reader usable, in its turn and afterwards", async () => {
  const reader = new SqliteTurnReader(SqliteConnection.openReader(path));
  expect(() => reader.get("SELECT nothing")).toThrow("nothing");
  expect(() => reader.get("SELECT abs(?)", [-(2n ** 63n)])).toThrow("overflow");
  expect(reader.get(count)).toEqual({ count: 0 });
  await nextTurn();
  expect(reader.get(count)).toEqual({ count: 0 });
  reader.close();
  await nextTurn();
});

test("a commit ends the snapshot: what has resolved is seen in the same turn", async () => {
  const database = await openDatabase(path, { synchronous: "OFF" });
  const first = database.transaction((transaction) => transaction.run("DELETE FROM t"));
  // The first one waits for a turn of the event loop now, in which the second one joins its commit.
  for (let step = 0; step < 100; step += 1) await Promise.resolve();
  await database.transaction(async (transaction) => {
    expect(await database.get(count)).toEqual({ count: 0 });
    await transaction.run("INSERT INTO t VALUES ('a')");
  });
  expect(await database.get(count)).toEqual({ count: 1 });
  await first;
  await database.close();
});
