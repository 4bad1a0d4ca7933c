import { expect, test } from "vitest";
import {
  type BoundQuery,
  bindQuery,
  type Document,
  documentOrder,
  matches,
  parseExactJson,
  parseQueryOptions,
} from "../../../src/odata/index.ts";
import { seededRandom } from "../../../src/runtime/index.ts";
import { compileFilter, compileOrderBy, type ODataSqlOptions } from "../../../src/storage/index.ts";
import type { Database } from "../../../src/storage/port.ts";
import { randomDocument } from "./documents.ts";
import { QueryWriter } from "./query-writer.ts";
import { thingModel } from "./thing-model.ts";
import { onDatabases, promoted, storeThings } from "./things-table.ts";

const seed = Number(process.env.SEED ?? 20_260_501);
const queriesPerDatabase = Number(process.env.QUERIES ?? 5_200);
const documentsPerRound = 40;
const queriesPerRound = 400;
const nowMs = Date.UTC(2024, 4, 1, 10);

/** Changes a statement: an error put in on purpose. */
type Spoil = (sql: string) => string;

interface Compared {
  readonly ids: readonly unknown[];
  readonly sql: string;
}

async function idsFromSql(
  database: Database,
  query: BoundQuery,
  options: ODataSqlOptions,
  spoil: Spoil,
): Promise<Compared> {
  const where = query.filter && compileFilter(query.filter, options);
  const order = compileOrderBy(query.orderby, options);
  const keys = order.text === "" ? '"things"."id"' : `${order.text}, "things"."id"`;
  const condition = where ? `WHERE ${where.text}` : "";
  const sql = spoil(`SELECT "id" FROM "things" ${condition} ORDER BY ${keys}`);
  const rows = await database.all(sql, [...(where?.values ?? []), ...order.values]);
  return { ids: rows.map((row) => row.id), sql };
}

function idsFromEvaluation(documents: readonly Document[], query: BoundQuery): readonly unknown[] {
  return documents
    .filter((document) => matches(query, document))
    .sort(documentOrder(query.orderby, "id"))
    .map((document) => document.id);
}

/** Runs the queries; resolves to how many of them found some things and not all. */
async function compareQueries(
  database: Database,
  queries: number,
  spoil: Spoil = (sql) => sql,
): Promise<number> {
  const random = seededRandom(seed);
  const writer = new QueryWriter(random);
  let partly = 0;
  let documents: readonly Document[] = [];
  for (let count = 0; count < queries; count += 1) {
    if (count % queriesPerRound === 0) {
      const texts = Array.from({ length: documentsPerRound }, (_, index) =>
        randomDocument(random, `d${String(index).padStart(3, "0")}`),
      );
      documents = texts.map((text) => parseExactJson(text) as Document);
      await storeThings(database, texts);
    }
    const text = writer.query();
    const label = `SEED=${seed}, query ${count}: ${decodeURIComponent(text)}`;
    const query = bindQuery(parseQueryOptions(text), thingModel, {
      nowMs,
      dynamicProperties: true,
    });
    const columns = random.fraction() < 0.5 ? { promoted } : {};
    const options = { dialect: database.dialect, table: "things", ...columns };
    const expected = idsFromEvaluation(documents, query);
    const { ids, sql } = await idsFromSql(database, query, options, spoil).catch(
      (error: unknown) => {
        throw new Error(label, { cause: error });
      },
    );
    expect(ids, `${label}\n${sql}`).toEqual(expected);
    if (expected.length > 0 && expected.length < documents.length) partly += 1;
  }
  return partly;
}

await onDatabases(["sqlite", "postgres"], (database) => {
  test(`${queriesPerDatabase} random queries find what evaluation finds (SEED=${seed})`, {
    timeout: 180_000,
  }, async () => {
    const partly = await compareQueries(database(), queriesPerDatabase);
    // A query that finds everything or nothing shows little.
    expect(partly).toBeGreaterThan(queriesPerDatabase / 3);
  });
});

/** The comparison is worth something only if it finds what is wrong. */
await onDatabases(["sqlite"], (database) => {
  test.each<readonly [string, Spoil]>([
    ["≥ is taken for >", (sql) => sql.replaceAll(" >= ", " > ")],
    ["unknown is taken for true", (sql) => sql.replaceAll("IS NOT TRUE", "IS FALSE")],
    ["unknown is taken for false", (sql) => sql.replaceAll(/\(NOT (?!EXISTS)/g, "(TRUE IS NOT ")],
    ["false is taken for unknown", (sql) => sql.replaceAll(", FALSE)", ", NULL)")],
    ["JSON's null is taken for a value", (sql) => sql.replaceAll("<> 'null'", "IS NOT NULL")],
    ["null equals nothing", (sql) => sql.replaceAll(/\bIS \?/g, "= ?")],
    ["all is taken for any", (sql) => sql.replaceAll("NOT EXISTS", "EXISTS")],
    ["keys are sorted the wrong way", (sql) => sql.replaceAll(" DESC", " ASC")],
    ["a key is forgotten", (sql) => sql.replace(/ORDER BY [^,]*, /, "ORDER BY ")],
    [
      "a double is taken for the number",
      (sql) => sql.replaceAll(/("price" \S+ \S+) AND/g, "$1 OR"),
    ],
  ])("it is noticed when %s", { timeout: 60_000 }, async (_error, spoil) => {
    await expect(compareQueries(database(), 2_500, spoil)).rejects.toThrow(`SEED=${seed}`);
  });
});
