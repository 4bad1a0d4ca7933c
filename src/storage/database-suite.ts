import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { dialects } from "./dialect.ts";
import type { Database, Row, SqlValue } from "./port.ts";

/** A database that a suite runs on, and how to leave nothing of it behind. */
export interface SuiteDatabase {
  readonly database: Database;
  /** Another connection to the same database, as a second process would have. */
  openAgain(): Promise<Database>;
  remove(): Promise<void>;
}

const seed = Number(process.env.SEED ?? 20260103);

/** Resolves with what an asynchronous iteration yields. */
export async function collect(rows: AsyncIterable<Row>): Promise<readonly Row[]> {
  const collected: Row[] = [];
  for await (const row of rows) collected.push({ ...row });
  return collected;
}

/** What every Database promises, whichever it is. */
export function databaseSuite(create: () => Promise<SuiteDatabase>): void {
  let suite: SuiteDatabase;
  let database: Database;

  beforeAll(async () => {
    suite = await create();
    database = suite.database;
    const { text, integer, double, blob } = dialects[database.dialect].types;
    await database.transaction(async (transaction) => {
      await transaction.run(
        `CREATE TABLE item
         (id ${text} PRIMARY KEY, n ${integer}, d ${double}, b ${blob}, t ${text})`,
      );
    });
  });

  beforeEach(() => database.transaction((transaction) => transaction.run("DELETE FROM item")));

  afterAll(() => suite.remove());

  const insert = (id: string, n: SqlValue = 0): Promise<number> =>
    database.transaction((transaction) =>
      transaction.run("INSERT INTO item (id, n) VALUES (?, ?)", [id, n]),
    );
  const ids = async (): Promise<readonly SqlValue[]> =>
    (await database.all("SELECT id FROM item ORDER BY id")).map((row) => row.id ?? null);

  describe("transactions", () => {
    test("a change is seen by others once its transaction has resolved, not before", async () => {
      await database.transaction(async (transaction) => {
        await transaction.run("INSERT INTO item (id) VALUES ('a')");
        expect(await transaction.get("SELECT id FROM item")).toMatchObject({ id: "a" });
        expect(await database.get("SELECT id FROM item")).toBeUndefined();
      });
      expect(await ids()).toEqual(["a"]);
    });

    test("what a rejected transaction did is undone, its reason comes back as it is", async () => {
      const reason = new Error("no");
      const attempt = database.transaction(async (transaction) => {
        await transaction.run("INSERT INTO item (id) VALUES ('a')");
        throw reason;
      });
      await expect(attempt).rejects.toBe(reason);
      expect(await ids()).toEqual([]);
    });

    test("an acknowledged write survives the rollback of an interleaved transaction", async () => {
      const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
      const failing = database.transaction(async (transaction) => {
        await transaction.run("INSERT INTO item (id) VALUES ('lost')");
        await pause();
        await pause();
        throw new Error("rolled back");
      });
      const keeping = database.transaction(async (transaction) => {
        await pause();
        await transaction.run("INSERT INTO item (id) VALUES ('kept')");
        await pause();
        return "acknowledged";
      });
      const outcomes = await Promise.allSettled([failing, keeping]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "fulfilled"]);
      expect(await ids()).toEqual(["kept"]);
    });

    test("fifty transactions that read and add at the same time lose no addition", async () => {
      await insert("counter", 0);
      const add = (): Promise<number> =>
        database.transaction(async (transaction) => {
          const row = await transaction.get("SELECT n FROM item WHERE id = 'counter'");
          const next = [Number(row?.n) + 1];
          return transaction.run("UPDATE item SET n = ? WHERE id = 'counter'", next);
        });
      await Promise.all(Array.from({ length: 50 }, add));
      expect(await database.get("SELECT n FROM item")).toMatchObject({ n: 50 });
    });

    test("of many waiting transactions a failing one takes back its own writes only", async () => {
      const write = (index: number): Promise<void> =>
        database.transaction(async (transaction) => {
          const id = `k${String(index).padStart(3, "0")}`;
          await transaction.run("INSERT INTO item (id) VALUES (?)", [id]);
          if (index % 3 === 0) throw new Error("this one fails");
        });
      const indices = Array.from({ length: 99 }, (_, index) => index);
      const outcomes = await Promise.allSettled(indices.map(write));
      const kept = indices.filter((index) => outcomes[index]?.status === "fulfilled");
      expect(kept).toHaveLength(66);
      expect(await ids()).toEqual(kept.map((index) => `k${String(index).padStart(3, "0")}`));
    });

    test("writers on two connections take turns", async () => {
      const other = await suite.openAgain();
      await insert("counter", 0);
      const sql = "UPDATE item SET n = n + 1 WHERE id = 'counter'";
      const add = (on: Database): Promise<number> =>
        on.transaction((transaction) => transaction.run(sql));
      const writers = Array.from({ length: 20 }, (_, index) => (index % 2 ? other : database));
      await Promise.all(writers.map(add));
      expect(await other.get("SELECT n FROM item")).toMatchObject({ n: 20 });
      await other.close();
    });

    test("a nested transaction is an assertion failure, not a hang", async () => {
      const nested = database.transaction(() => database.transaction(async () => 1));
      await expect(nested).rejects.toThrow("inside another one");
      await expect(database.transaction(async () => 1)).resolves.toBe(1);
    });

    test("using a transaction after its function has settled is an assertion failure", async () => {
      const late = await database.transaction(async (transaction) => transaction);
      await expect(late.run("INSERT INTO item (id) VALUES ('late')")).rejects.toThrow("settled");
      expect(await ids()).toEqual([]);
    });

    test("a failed statement dooms its transaction, even where the failure is caught", async () => {
      const attempt = database.transaction(async (transaction) => {
        await transaction.run("INSERT INTO item (id) VALUES ('a')");
        await transaction.run("INSERT INTO item (id) VALUES ('a')").catch(() => {});
        return "unaware";
      });
      await expect(attempt).rejects.toMatchObject({ code: "uniqueViolation" });
      expect(await ids()).toEqual([]);
    });

    test("outside a transaction nothing can be written", async () => {
      await expect(database.all("INSERT INTO item (id) VALUES ('a')")).rejects.toThrow();
      expect(await ids()).toEqual([]);
    });
  });

  describe("values", () => {
    const roundTrip = async (row: Readonly<Record<string, SqlValue>>): Promise<Row | undefined> => {
      const { n = null, d = null, b = null, t = null } = row;
      await database.transaction(async (transaction) => {
        await transaction.run("DELETE FROM item");
        const values = ["x", n, d, b, t];
        await transaction.run("INSERT INTO item (id, n, d, b, t) VALUES (?, ?, ?, ?, ?)", values);
      });
      return database.get("SELECT n, d, b, t FROM item");
    };

    test.each<readonly [string, Readonly<Record<string, SqlValue>>]>([
      ["text of all planes", { t: "Zoë 東京 🦄 \u{10ffff} \ud7ff \ufeff \r\n\t'\"\\" }],
      ["empty text, which is not null", { t: "" }],
      ["five megabytes of text", { t: "x🦄".repeat(1_000_000) }],
      ["the largest and smallest double", { d: Number.MAX_VALUE, n: 1 }],
      ["a double's last digit", { d: 0.1 + 0.2, n: -1 }],
      ["the largest 64-bit integer", { n: 2n ** 63n - 1n }],
      ["the smallest 64-bit integer", { n: -(2n ** 63n) }],
      ["the last exact number and the first bigint", { n: Number.MAX_SAFE_INTEGER }],
      ["an integer just beyond a number", { n: 2n ** 53n }],
      ["bytes", { b: Uint8Array.from({ length: 256 }, (_, byte) => byte) }],
      ["no bytes", { b: new Uint8Array() }],
    ])("%s comes back as it was", async (_, row) => {
      expect(await roundTrip(row)).toEqual({ n: null, d: null, b: null, t: null, ...row });
    });

    test(`random texts and numbers come back as they were (SEED=${seed})`, async () => {
      const values = fc.record({
        t: fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
        n: fc.oneof(fc.maxSafeInteger(), fc.bigInt(2n ** 53n, 2n ** 63n - 1n)),
        d: fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => double + 0),
      });
      await fc.assert(
        fc.asyncProperty(values, async (row) => {
          expect(await roundTrip(row)).toEqual({ ...row, b: null });
        }),
        { seed, numRuns: 100 },
      );
    });

    test("text with a NUL is refused, since one of the databases can't store it", async () => {
      await expect(roundTrip({ t: "a\0b" })).rejects.toThrow("NUL");
    });

    test("a large integer is exact in whatever part of a query it stands", async () => {
      const large = 2n ** 60n;
      await database.transaction(async (transaction) => {
        await transaction.run("INSERT INTO item (id, n, t) VALUES ('a', ?, 'b')", [large]);
      });
      const parts = "SELECT n AS v FROM item WHERE id = 'none' UNION ALL SELECT n FROM item";
      const queries = ["SELECT n AS v FROM item", "SELECT n + 0 AS v FROM item", parts];
      for (const sql of queries) expect({ ...(await database.get(sql)) }).toEqual({ v: large });
    });

    test("a whole number in a text column has no decimal point", async () => {
      expect(await roundTrip({ t: 5 })).toMatchObject({ t: "5" });
    });

    test("counts and sums are numbers", async () => {
      await insert("a", 2);
      await insert("b", 3);
      const row = await database.get("SELECT count(*) AS c, sum(n) AS s, avg(n) AS a FROM item");
      expect(row).toMatchObject({ c: 2, s: 5, a: 2.5 });
    });

    test("text is ordered by its bytes, whatever the server's language", async () => {
      const texts = [..."aBZäéz_9", "10", "\uffee", "🦄", "aa", "a b", ""];
      await database.transaction(async (transaction) => {
        for (const text of texts) await transaction.run("INSERT INTO item (id) VALUES (?)", [text]);
      });
      const byBytes = texts.toSorted((left, right) =>
        Buffer.compare(Buffer.from(left), Buffer.from(right)),
      );
      expect(await ids()).toEqual(byBytes);
    });
  });

  describe("statements", () => {
    test("a question mark in a string, a name or a comment is not a placeholder", async () => {
      const sql = `SELECT '?' || ? AS "what?" /* ? */ -- ?`;
      expect({ ...(await database.get(sql, ["!"])) }).toEqual({ "what?": "?!" });
    });

    test("run tells how many rows it changed", async () => {
      await insert("a", 1);
      await insert("b", 1);
      const changed = await database.transaction(async (transaction) => [
        await transaction.run("UPDATE item SET n = 2"),
        await transaction.run("UPDATE item SET n = 3 WHERE id = ?", ["a"]),
        await transaction.run("DELETE FROM item WHERE id = 'nobody'"),
      ]);
      expect(changed).toEqual([2, 1, 0]);
    });

    test("a statement that returns a large integer has its effect once", async () => {
      const large = 2n ** 62n;
      const row = await database.transaction((transaction) =>
        transaction.get("INSERT INTO item (id, n) VALUES ('a', ?) RETURNING n", [large]),
      );
      expect({ ...row }).toEqual({ n: large });
      expect(await ids()).toEqual(["a"]);
    });

    test("an upsert inserts or updates", async () => {
      const sql = `INSERT INTO item (id, n) VALUES (?, ?)
        ON CONFLICT (id) DO UPDATE SET n = excluded.n`;
      for (const n of [1, 2]) {
        await database.transaction((transaction) => transaction.run(sql, ["a", n]));
      }
      expect(await database.all("SELECT n FROM item")).toMatchObject([{ n: 2 }]);
    });

    test("a generated column follows the document and can be indexed", async () => {
      const { jsonText, jsonNumber, generatedColumn, types } = dialects[database.dialect];
      const city = generatedColumn("city", types.text, jsonText("document", ["address", "city"]));
      const worth = generatedColumn("worth", types.double, jsonNumber("document", ["it's"]));
      await database.transaction(async (transaction) => {
        await transaction.run(`CREATE TABLE deal (document TEXT, ${city}, ${worth})`);
        await transaction.run("CREATE INDEX deal_city ON deal (city)");
        for (const document of [{ address: { city: "Ghent" }, "it's": 1.5 }, { address: 1 }]) {
          const values = [JSON.stringify(document)];
          await transaction.run("INSERT INTO deal (document) VALUES (?)", values);
        }
      });
      const found = await database.all("SELECT city, worth FROM deal WHERE city = ?", ["Ghent"]);
      expect(found.map((row) => ({ ...row }))).toEqual([{ city: "Ghent", worth: 1.5 }]);
      const rest = await database.all("SELECT worth FROM deal WHERE city IS NULL");
      expect(rest).toMatchObject([{ worth: null }]);
      await database.transaction((transaction) => transaction.run("DROP TABLE deal"));
    });
  });
}
