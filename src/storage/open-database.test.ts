import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BoundedCache } from "./bounded-cache.ts";
import { openDatabase } from "./open-database.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "referrals-open-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["sqlite:", "a.db"],
  ["sqlite://", "b.db"],
  ["", "c.db"],
])("%s and a path opens or creates a file", async (prefix, name) => {
  const path = join(folder, name);
  const database = await openDatabase(`${prefix}${path}`);
  expect(database.dialect).toBe("sqlite");
  expect(existsSync(path)).toBe(true);
  await database.close();
});

test("a URL of another kind is refused with the ones that work", async () => {
  await expect(openDatabase("mysql://localhost/x")).rejects.toMatchObject({
    code: "unsupportedUrl",
    message: expect.stringContaining("sqlite:PATH"),
  });
});

test.each([
  ["sqlite:/nowhere/at/all.db", "/nowhere/at/all.db can't be opened"],
  ["postgres://ada:s3cret@127.0.0.1:9/x", "ECONNREFUSED"],
])("%s can't be opened, and the error says so without a password", async (url, reason) => {
  const error = await openDatabase(url).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "databaseUnreachable" });
  expect(String(error)).toContain(reason);
  expect(String(error)).not.toContain("s3cret");
});

test("by default a commit waits for the disk and the file has a write-ahead log", async () => {
  const path = join(folder, "a.db");
  const database = await openDatabase(path);
  const settings = await database.transaction(async (transaction) => [
    await transaction.get("PRAGMA synchronous"),
    await transaction.get("PRAGMA journal_mode"),
  ]);
  expect(settings).toMatchObject([{ synchronous: 2 }, { journal_mode: "wal" }]);
  await database.close();
});

const memoryFolders = (processId: number): readonly string[] => {
  const ours = `partner-referrals-memory-${hostname()}-${processId}-`;
  return readdirSync(tmpdir()).filter((name) => name.startsWith(ours));
};

test("a database in memory leaves nothing behind, not even a killed process's", async () => {
  const killed = spawnSync(process.execPath, ["-e", ""]).pid;
  mkdirSync(join(tmpdir(), `partner-referrals-memory-${hostname()}-${killed}-x`));
  const before = memoryFolders(process.pid).length;
  const database = await openDatabase(":memory:");
  expect(memoryFolders(process.pid)).toHaveLength(before + 1);
  expect(memoryFolders(killed)).toEqual([]);
  await database.transaction((transaction) => transaction.run("CREATE TABLE t (v INTEGER)"));
  expect(await database.all("SELECT v FROM t")).toEqual([]);
  await database.close();
  expect(memoryFolders(process.pid)).toHaveLength(before);
});

const writer = `
  const { openDatabase } = await import(process.argv[1]);
  const database = await openDatabase(process.argv[2]);
  await database.transaction((t) => t.run("CREATE TABLE t (v INTEGER PRIMARY KEY)"));
  for (let v = 1; ; v += 3) {
    await Promise.all([v, v + 1, v + 2].map((n) => database
      .transaction((t) => t.run("INSERT INTO t (v) VALUES (?)", [n]))
      .then(() => process.stdout.write(n + "\\n"))));
  }`;

test("whatever was acknowledged before a kill -9 is there afterwards", async () => {
  const path = join(folder, "killed.db");
  const module = new URL("./open-database.ts", import.meta.url).href;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", writer, module, path],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === 200) child.kill("SIGKILL");
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(200);
  const database = await openDatabase(path);
  const rows = await database.all("SELECT v FROM t ORDER BY v");
  const present = new Set(rows.map((row) => row.v));
  expect(acknowledged.filter((v) => !present.has(v))).toEqual([]);
  const check = await database.get("PRAGMA integrity_check");
  expect(check).toMatchObject({ integrity_check: "ok" });
  await database.close();
});

test("a backup is one moment's copy, made while work goes on; it never overwrites", async () => {
  const database = await openDatabase(join(folder, "live.db"));
  await database.transaction(async (transaction) => {
    await transaction.run("CREATE TABLE t (v INTEGER)");
    await transaction.run(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000)
       INSERT INTO t SELECT n FROM c`,
    );
  });
  const copy = join(folder, "copy.db");
  let isDone = false;
  const writing = (async () => {
    // Each transaction writes a pair: a copy that holds half of one was not a snapshot.
    while (!isDone) {
      await database.transaction(async (transaction) => {
        await transaction.run("INSERT INTO t VALUES (-1)");
        await transaction.run("INSERT INTO t VALUES (-2)");
      });
    }
  })();
  await database.backup?.(copy);
  isDone = true;
  await writing;
  const restored = new DatabaseSync(copy, { readOnly: true });
  const count = (v: string): unknown =>
    restored.prepare(`SELECT count(*) AS c FROM t WHERE ${v}`).get()?.c;
  expect(count("v > 0")).toBe(100_000);
  expect(count("v = -1")).toBe(count("v = -2"));
  restored.close();
  await expect(database.backup?.(copy)).rejects.toMatchObject({ code: "backupExists" });
  expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  await database.close();
});

test("the cache of statements keeps within its limit what is used again and again", () => {
  const made: string[] = [];
  const cache = new BoundedCache<string, string>(4);
  const make = (key: string): string => {
    made.push(key);
    return key;
  };
  for (const key of ["a", "b", "a", "c", "a", "d", "a", "e", "b"]) {
    cache.obtain(key, make);
    expect(cache.size).toBeLessThanOrEqual(4);
  }
  expect(made).toEqual(["a", "b", "c", "d", "e", "b"]);
});
