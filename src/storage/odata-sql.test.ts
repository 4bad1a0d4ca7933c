import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresForTests } from "../../test/postgres.ts";
import {
  type BoundQuery,
  bindQuery,
  type Document,
  documentOrder,
  matches,
  parseExactJson,
  parseQueryOptions,
} from "../odata/index.ts";
import { seededRandom } from "../runtime/index.ts";
import { migrate } from "./migrate.ts";
import { odataMigrations } from "./odata-migrations.ts";
import { compileFilter, compileOrderBy } from "./odata-sql.ts";
import type { ODataSqlOptions, PromotedColumn } from "./odata-sql-compiler.ts";
import { randomDocument } from "./odata-test-data.ts";
import { thingModel } from "./odata-test-model.ts";
import { QueryWriter } from "./odata-test-queries.ts";
import { openDatabase } from "./open-database.ts";
import type { Database, SqlValue } from "./port.ts";

const seed = Number(process.env.SEED ?? 20_260_501);
const queriesPerDatabase = Number(process.env.QUERIES ?? 5_200);
const documentsPerRound = 40;
const queriesPerRound = 400;
const nowMs = Date.UTC(2024, 4, 1, 10);

const promoted: Readonly<Record<string, PromotedColumn>> = {
  text: { column: "text", form: "text" },
  type: { column: "type", form: "text" },
  price: { column: "price", form: "number" },
  stamp: { column: "stamp", form: "stamp" },
  "inner/text": { column: "innerText", form: "text" },
};

const textOrNull = (value: unknown): SqlValue => (typeof value === "string" ? value : null);

async function createTable(database: Database): Promise<void> {
  await migrate(database, "odata", odataMigrations(database.dialect));
  const isPostgres = database.dialect === "postgres";
  const text = isPostgres ? 'TEXT COLLATE "C"' : "TEXT";
  const double = isPostgres ? "DOUBLE PRECISION" : "REAL";
  await database.transaction(async (transaction) => {
    await transaction.run(`CREATE TABLE "things" ("id" ${text} PRIMARY KEY, "text" ${text},
      "type" ${text}, "price" ${double}, "stamp" ${text}, "innerText" ${text}, "document" TEXT NOT NULL)`);
  });
}

async function store(database: Database, texts: readonly string[]): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.run('DELETE FROM "things"');
    for (const text of texts) {
      const document = JSON.parse(text) as Record<string, unknown>;
      const inner = document.inner as { text?: unknown } | null | undefined;
      const innerText = Array.isArray(inner) ? null : textOrNull(inner?.text);
      await transaction.run('INSERT INTO "things" VALUES (?, ?, ?, ?, ?, ?, ?)', [
        textOrNull(document.id),
        textOrNull(document.text),
        textOrNull(document.type),
        typeof document.price === "number" ? document.price : null,
        textOrNull(document.stamp),
        innerText,
        text,
      ]);
    }
  });
}

async function idsFromSql(
  database: Database,
  query: BoundQuery,
  options: ODataSqlOptions,
): Promise<{ readonly ids: readonly unknown[]; readonly sql: string }> {
  const where = query.filter && compileFilter(query.filter, options);
  const order = compileOrderBy(query.orderby, options);
  const tieBreaker = order.text === "" ? '"things"."id"' : `${order.text}, "things"."id"`;
  const sql = `SELECT "id" FROM "things" ${where ? `WHERE ${where.text}` : ""} ORDER BY ${tieBreaker}`;
  const rows = await database.all(sql, [...(where?.values ?? []), ...order.values]);
  return { ids: rows.map((row) => row.id), sql };
}

function idsFromEvaluation(documents: readonly Document[], query: BoundQuery): readonly unknown[] {
  return documents
    .filter((document) => matches(query, document))
    .sort(documentOrder(query.orderby, "id"))
    .map((document) => document.id);
}

async function compareQueries(database: Database): Promise<{ found: number; partly: number }> {
  const random = seededRandom(seed);
  const writer = new QueryWriter(random);
  const tally = { found: 0, partly: 0 };
  let documents: readonly Document[] = [];
  for (let count = 0; count < queriesPerDatabase; count += 1) {
    if (count % queriesPerRound === 0) {
      const texts = Array.from({ length: documentsPerRound }, (_, index) =>
        randomDocument(random, `d${String(index).padStart(3, "0")}`),
      );
      documents = texts.map((text) => parseExactJson(text) as Document);
      await store(database, texts);
    }
    const text = writer.query();
    const query = bindQuery(parseQueryOptions(text), thingModel, {
      nowMs,
      dynamicProperties: true,
    });
    const usesColumns = random.fraction() < 0.5;
    const options: ODataSqlOptions = {
      dialect: database.dialect,
      table: "things",
      ...(usesColumns ? { promoted } : {}),
    };
    const expected = idsFromEvaluation(documents, query);
    const { ids, sql } = await idsFromSql(database, query, options).catch((error: unknown) => {
      throw new Error(`SEED=${seed}, query ${count}: ${decodeURIComponent(text)}`, {
        cause: error,
      });
    });
    expect(ids, `SEED=${seed}, query ${count}: ${decodeURIComponent(text)}\n${sql}`).toEqual(
      expected,
    );
    tally.found += expected.length;
    if (expected.length > 0 && expected.length < documents.length) tally.partly += 1;
  }
  return tally;
}

const postgres = await postgresForTests();

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  describe.skipIf(dialect === "postgres" && !postgres)("SQL", () => {
    let database: Database;
    let release = async (): Promise<void> => {};

    beforeAll(async () => {
      const created = dialect === "postgres" ? await postgres?.createDatabase() : undefined;
      database = await openDatabase(created?.url ?? ":memory:");
      release = async () => {
        await database.close();
        await created?.drop();
      };
      await createTable(database);
    });
    afterAll(() => release());

    test(`answers ${queriesPerDatabase} random queries as evaluation does (SEED=${seed})`, {
      timeout: 120_000,
    }, async () => {
      const { partly } = await compareQueries(database);
      // A query that finds everything or nothing shows little.
      expect(partly).toBeGreaterThan(queriesPerDatabase / 3);
    });
  });
});
