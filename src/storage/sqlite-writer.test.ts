import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../runtime/index.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteWriter } from "./sqlite-writer.ts";

let folder: string;
let path: string;
let connection: SqliteConnection;
let executed: string[];
let failingCommits: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "referrals-writer-"));
  path = join(folder, "w.db");
  connection = SqliteConnection.openWriter(path, "OFF");
  connection.execute("CREATE TABLE t (v INTEGER)");
  executed = [];
  failingCommits = 0;
});

afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

/** The connection, with its transaction statements written down and some commits failing. */
function watched(): SqliteConnection {
  return new Proxy(connection, {
    get(target, name) {
      if (name === "execute") {
        return (sql: string): void => {
          executed.push(sql);
          if (sql === "COMMIT" && failingCommits > 0) {
            failingCommits -= 1;
            throw new Error("disk full");
          }
          target.execute(sql);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const add = (writer: SqliteWriter, v: number): Promise<number> =>
  writer.transaction((transaction) => transaction.run("INSERT INTO t (v) VALUES (?)", [v]));
const stored = (): unknown[] =>
  connection.all("SELECT v FROM t ORDER BY v").map((row) => Number(row.v));
const commits = (): number => executed.filter((sql) => sql === "COMMIT").length;

test("transactions that wait together share commits, at most 64 in one", async () => {
  const writer = new SqliteWriter(watched(), systemClock);
  await Promise.all(Array.from({ length: 128 }, (_, index) => add(writer, index)));
  expect(stored()).toHaveLength(128);
  expect(commits()).toBe(2);
});

test("transactions one after another have a commit each, before they resolve", async () => {
  const writer = new SqliteWriter(watched(), systemClock);
  for (let index = 1; index <= 3; index += 1) {
    await add(writer, index);
    expect(commits()).toBe(index);
  }
});

test("nobody is told of success before the shared commit, all of its failure", async () => {
  const writer = new SqliteWriter(watched(), systemClock);
  failingCommits = 1;
  const outcomes = await Promise.allSettled([1, 2, 3].map((v) => add(writer, v)));
  expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(3).fill("rejected"));
  expect(stored()).toEqual([]);
  await add(writer, 4);
  expect(stored()).toEqual([4]);
});

test("a transaction works in the asynchronous context of whoever began it", async () => {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const context = new AsyncLocalStorage<string>();
  const writer = new SqliteWriter(connection, systemClock);
  const seen = await Promise.all(
    ["a", "b", "c"].map((name) =>
      context.run(name, () => writer.transaction(async () => context.getStore())),
    ),
  );
  expect(seen).toEqual(["a", "b", "c"]);
});

test("a lock held by another process is waited for without blocking the event loop", async () => {
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const writer = new SqliteWriter(connection, systemClock);
  const waiting = add(writer, 1);
  await systemClock.sleep(30);
  other.exec("INSERT INTO t VALUES (0)");
  other.exec("COMMIT");
  await waiting;
  expect(stored()).toEqual([0, 1]);
  other.close();
});

test("a lock that is never given back is told as databaseBusy after five seconds", async () => {
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: async (delayMs) => {
      now += delayMs;
    },
  };
  const writer = new SqliteWriter(connection, clock);
  await expect(add(writer, 1)).rejects.toMatchObject({ code: "databaseBusy" });
  expect(now).toBe(5_000);
  other.close();
  await add(writer, 2);
  expect(stored()).toEqual([2]);
});
