import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteConnection } from "./sqlite-connection.ts";

let folder: string;
let connection: SqliteConnection;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "referrals-connection-"));
  connection = SqliteConnection.openWriter(join(folder, "c.db"), "OFF");
  connection.execute("CREATE TABLE t (words TEXT, part REAL, whole INTEGER, loose)");
  connection.run("INSERT INTO t VALUES ('a', 1.5, 7, 8)");
});

afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

test.each([
  "SELECT words AS v FROM t WHERE words = 'none' UNION ALL SELECT whole FROM t",
  "SELECT v FROM (SELECT words AS v FROM t WHERE words = 'none' UNION SELECT 7)",
  "SELECT loose - 1 AS v FROM t",
  "SELECT max(whole) AS v FROM t",
  "SELECT loose - 1 AS v, words FROM t",
])("%s gives a number, not a bigint", (sql) => {
  expect(connection.get(sql)?.v).toBe(7);
  expect(connection.all(sql)[0]?.v).toBe(7);
  expect([...connection.iterate(sql)][0]?.v).toBe(7);
});

test("text and real columns give text and numbers", () => {
  expect({ ...connection.get("SELECT words, part FROM t") }).toEqual({ words: "a", part: 1.5 });
});

test("a file that another connection keeps locked is a busy database, by name", () => {
  const other = SqliteConnection.openWriter(join(folder, "c.db"), "OFF");
  connection.execute("BEGIN IMMEDIATE");
  const busy = expect.objectContaining({ code: "databaseBusy" });
  expect(() => other.run("INSERT INTO t VALUES ('b', 1, 1, 1)")).toThrow(busy);
  connection.execute("ROLLBACK");
  expect(other.run("INSERT INTO t VALUES ('b', 1, 1, 1)")).toBe(1);
  other.close();
});
