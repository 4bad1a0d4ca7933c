import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, type SuiteDatabase } from "./database-suite.ts";
import { dialects } from "./dialect.ts";
import { openDocumentStore } from "./document-store.ts";
import { migrate } from "./migrate.ts";
import type { Database, SqlValue } from "./port.ts";

const rowCount = 20_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What every Database promises of long reads, migrations and its end. */
export function databaseReadingSuite(create: () => Promise<SuiteDatabase>): void {
  let suite: SuiteDatabase;
  let database: Database;

  beforeAll(async () => {
    suite = await create();
    database = suite.database;
    const { text, integer } = dialects[database.dialect].types;
    await database.transaction(async (transaction) => {
      await transaction.run(`CREATE TABLE number (n ${integer} PRIMARY KEY, t ${text})`);
      await transaction.run(
        `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)
         INSERT INTO number (n, t) SELECT n, 'row' FROM c`,
        [rowCount],
      );
    });
  });

  afterAll(() => suite.remove());

  const count = async (): Promise<number> =>
    Number((await database.get("SELECT count(*) AS c FROM number"))?.c);
  const readers = [
    ["iterate", (sql: string, values: SqlValue[] = []) => database.iterate(sql, values)],
    [
      "scan",
      (sql: string, values: SqlValue[] = []) => database.scan(sql, values, { timeLimitMs: 20_000 }),
    ],
  ] as const;

  describe.each(readers)("%s", (_, read) => {
    test("yields every row in order", async () => {
      const rows = await collect(read("SELECT n, t FROM number ORDER BY n"));
      expect(rows).toHaveLength(rowCount);
      expect(rows[0]).toEqual({ n: 1, t: "row" });
      expect(rows.every((row, index) => row.n === index + 1)).toBe(true);
    });

    test("works from one snapshot, while other reads see what was written since", async () => {
      const rows = read("SELECT n FROM number ORDER BY n")[Symbol.asyncIterator]();
      expect((await rows.next()).value).toMatchObject({ n: 1 });
      await database.transaction((transaction) =>
        transaction.run("INSERT INTO number (n) VALUES (?)", [rowCount + 1]),
      );
      expect(await count()).toBe(rowCount + 1);
      let last: unknown;
      for (let next = await rows.next(); !next.done; next = await rows.next()) last = next.value.n;
      expect(last).toBe(rowCount);
      const again = await collect(read(`SELECT n FROM number WHERE n > ${rowCount}`));
      expect(again).toEqual([{ n: rowCount + 1 }]);
      await database.transaction((transaction) =>
        transaction.run("DELETE FROM number WHERE n > ?", [rowCount]),
      );
    });

    test("many that are left early leave room for more", async () => {
      for (let round = 0; round < 20; round += 1) {
        for await (const row of read("SELECT n FROM number ORDER BY n")) {
          expect(row.n).toBe(1);
          break;
        }
      }
      expect(await collect(read("SELECT n FROM number WHERE n = 7"))).toEqual([{ n: 7 }]);
    });

    test("fails where the statement is wrong, and goes on afterwards", async () => {
      await expect(collect(read("SELECT nothing FROM number"))).rejects.toThrow("nothing");
      expect(await collect(read("SELECT n FROM number WHERE n = 7"))).toEqual([{ n: 7 }]);
    });
  });

  describe("memory", () => {
    const sql = "SELECT CAST(? AS TEXT) || b.n AS t FROM number a, number b WHERE b.n <= 3";
    const values = ["x".repeat(1_000)];
    const bytes = 3 * rowCount * 1_001;
    const held = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed + process.memoryUsage().external;
    };

    test("all rows at once take as much as they are long", async () => {
      const before = held();
      const rows = await database.all(sql, values);
      expect(held() - before).toBeGreaterThan(bytes / 2);
      expect(rows).toHaveLength(3 * rowCount);
    });

    test.each(readers)("%s holds a small part of a large result", async (_, read) => {
      const before = held();
      let most = 0;
      let count = 0;
      for await (const _row of read(sql, values)) {
        count += 1;
        if (count % 10_000 === 0) most = Math.max(most, held() - before);
      }
      expect(count).toBe(3 * rowCount);
      expect(most).toBeLessThan(bytes / 2);
    });
  });

  test("a scan that takes too long is refused, and the event loop stays free", async () => {
    const checkpoint = dialects[database.dialect].scanCheckpoint("b");
    const sql = `SELECT count(*) AS c FROM number a, number b
      WHERE a.n + b.n > ? AND a.t = b.t AND ${checkpoint}`;
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 10);
    const startedAt = performance.now();
    const scan = collect(database.scan(sql, [5], { timeLimitMs: 300 }));
    await expect(scan).rejects.toMatchObject({ code: "timeLimitExceeded" });
    clearInterval(ticking);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(turns).toBeGreaterThanOrEqual(5);
    const after = database.scan("SELECT n FROM number WHERE n = ?", [3], { timeLimitMs: 20_000 });
    expect(await collect(after)).toEqual([{ n: 3 }]);
  });

  test("several scans at once all come to their end", async () => {
    const scan = () =>
      collect(database.scan("SELECT n FROM number WHERE t = 'row'", [], { timeLimitMs: 20_000 }));
    const results = await Promise.all(Array.from({ length: 6 }, scan));
    expect(results.map((rows) => rows.length)).toEqual(Array(6).fill(rowCount));
  });

  describe("migrations", () => {
    const first = { version: 1, statements: ["CREATE TABLE step (v INTEGER)"] };
    const second = { version: 2, statements: ["INSERT INTO step (v) VALUES (2)"] };
    const steps = async () => (await database.all("SELECT v FROM step")).map((row) => row.v);

    test("each runs once, in order, also when six processes start together", async () => {
      const processes = await Promise.all(Array.from({ length: 6 }, () => suite.openAgain()));
      await Promise.all(processes.map((on) => migrate(on, "steps", [first, second])));
      await migrate(database, "steps", [first, second]);
      expect(await steps()).toEqual([2]);
      await Promise.all(processes.map((on) => on.close()));
    });

    test("a process that looked before another one was done repeats nothing", async () => {
      const late: Database = {
        dialect: database.dialect,
        all: (...query) => database.all(...query),
        get: async () => undefined,
        transaction: (work) => database.transaction(work),
        iterate: (...query) => database.iterate(...query),
        scan: (...query) => database.scan(...query),
        backup: undefined,
        close: async () => {},
      };
      await migrate(late, "steps", [first, second]);
      expect(await steps()).toEqual([2]);
    });

    test("one that fails leaves nothing of itself behind", async () => {
      const statements = ["INSERT INTO step (v) VALUES (3)", "INSERT INTO nowhere VALUES (1)"];
      const attempt = migrate(database, "steps", [first, second, { version: 3, statements }]);
      await expect(attempt).rejects.toThrow("nowhere");
      expect(await steps()).toEqual([2]);
    });

    test("a database newer than the release is refused, by schema name", async () => {
      await expect(migrate(database, "steps", [first])).rejects.toMatchObject({
        code: "databaseTooNew",
        message: 'the "steps" tables have version 2, this release knows 1: start a newer release',
      });
      const other = { version: 1, statements: ["CREATE TABLE other_step (v INTEGER)"] };
      await migrate(database, "others", [other]);
    });

    test("numbers that have a gap are refused before anything runs", async () => {
      await expect(migrate(database, "steps", [first, { ...second, version: 3 }])).rejects.toThrow(
        "numbered 1, 2, 3",
      );
    });
  });

  describe("document store", () => {
    test("what is put is got until its life ends", async () => {
      let now = 1_000;
      const store = await openDocumentStore(database, { now: () => now, sleep: async () => {} });
      await store.put("code", "a", '{"x":1}', 2_000);
      await store.put("code", "b", "{}");
      expect(await store.get("code", "a")).toBe('{"x":1}');
      expect(await store.get("token", "a")).toBeUndefined();
      now = 2_000;
      expect(await store.get("code", "a")).toBeUndefined();
      expect(await store.take("code", "a")).toBeUndefined();
      expect(await store.sweep()).toBe(1);
      expect(await store.get("code", "b")).toBe("{}");
    });

    test("of callers at the same moment one takes, and all get the first", async () => {
      const store = await openDocumentStore(database, { now: () => 0, sleep: async () => {} });
      const texts = Array.from({ length: 8 }, (_, index) => String(index));
      const firsts = await Promise.all(texts.map((text) => store.putFirst("key", "k", text)));
      expect(new Set(firsts).size).toBe(1);
      const taken = await Promise.all(texts.map(() => store.take("key", "k")));
      expect(taken.filter((text) => text !== undefined)).toEqual([firsts[0]]);
    });
  });

  test("closing waits for the running transaction and then refuses everything", async () => {
    const other = await suite.openAgain();
    const running = other.transaction(async (transaction) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await transaction.run("INSERT INTO number (n) VALUES (-1)");
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    await other.close();
    await running;
    expect(await database.get("SELECT n FROM number WHERE n = -1")).toBeDefined();
    const closed = { code: "databaseClosed" };
    await expect(other.get("SELECT 1")).rejects.toMatchObject(closed);
    await expect(other.transaction(async () => 1)).rejects.toMatchObject(closed);
    await expect(collect(other.iterate("SELECT 1"))).rejects.toMatchObject(closed);
    await other.close();
  });
}
