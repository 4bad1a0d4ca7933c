import {
  type BoundOrderBy,
  type Document,
  documentOrder,
  parseExactJson,
} from "../../odata/index.ts";
import type { Database, Row } from "../../storage/port.ts";
import { textOf } from "../json-parts.ts";
import { type StoredReferral, storedReferral } from "../store/referral-store.ts";
import {
  countStatement,
  type Page,
  pageStatement,
  type Search,
  type Source,
  type Statement,
} from "./list-statement.ts";

/** How the rows of a search are read. */
export interface Reading {
  readonly database: Database;
  readonly scanLimitMs: number;
}

/** Reads where calls are answered, or elsewhere and under the time limit where it is a scan. */
function read(
  { database, scanLimitMs }: Reading,
  { isScan }: Pick<Search, "isScan">,
  { sql, values }: Statement,
): AsyncIterable<Row> {
  return isScan
    ? database.scan(sql, values, { timeLimitMs: scanLimitMs })
    : database.iterate(sql, values);
}

async function collect(rows: AsyncIterable<Row>): Promise<readonly Row[]> {
  const collected: Row[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

/** Pages of up to so many rows are read at once instead of row by row. */
const smallPage = 1_000;

async function readAll(
  reading: Reading,
  search: Pick<Search, "isScan">,
  statement: Statement,
  limit: number | undefined,
): Promise<readonly Row[]> {
  if (!search.isScan && limit !== undefined && limit <= smallPage) {
    return reading.database.all(statement.sql, statement.values);
  }
  return collect(read(reading, search, statement));
}

const keysOf = (row: Row): Document =>
  parseExactJson(textOf(storedReferral(row).document)) as Document;

async function* mergeInOrder(
  present: AsyncIterable<Row>,
  past: readonly Row[],
  order: readonly BoundOrderBy[],
): AsyncGenerator<Row> {
  const compare = documentOrder(order, "id");
  const waiting = past.map((row) => ({ row, keys: keysOf(row) }));
  for await (const row of present) {
    const keys = keysOf(row);
    while (waiting[0] && compare(waiting[0].keys, keys) < 0) {
      const earlier = waiting.shift();
      if (earlier) yield earlier.row;
    }
    yield row;
  }
  for (const { row } of waiting) yield row;
}

async function* slice(rows: AsyncIterable<Row>, page: Page): AsyncGenerator<Row> {
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = page;
  let place = 0;
  if (limit === 0) return;
  for await (const row of rows) {
    if (place >= offset) yield row;
    place += 1;
    if (place >= offset + limit) return;
  }
}

/** The page with neither beginning nor end left to SQL: both are cut after merging. */
const wholeUpTo = ({ offset = 0, limit, ...page }: Page): Page =>
  limit === undefined ? page : { ...page, limit: limit + offset };

/** What has changed since the search's moment, as it was then: few rows, found by an index. */
async function pastRows(reading: Reading, present: Search, page: Page): Promise<readonly Row[]> {
  if (present.asOf === undefined) return [];
  const search = { ...present, isScan: false };
  const statement = pageStatement(search, wholeUpTo(page), "referralVersions");
  return readAll(reading, search, statement, undefined);
}

/**
 * The referrals of a search in their order. At a past moment, what has changed since is shown as it
 * was, and what has been made since is left out.
 */
export async function* findRows(reading: Reading, search: Search, page: Page): AsyncGenerator<Row> {
  const past = await pastRows(reading, search, page);
  if (past.length === 0) {
    yield* read(reading, search, pageStatement(search, page, "referrals"));
    return;
  }
  const present = read(reading, search, pageStatement(search, wholeUpTo(page), "referrals"));
  yield* slice(mergeInOrder(present, past, page.order), page);
}

/** As findRows, for a page that is small enough to be held at once. */
export async function findPage(
  reading: Reading,
  search: Search,
  page: Page,
): Promise<readonly StoredReferral[]> {
  const rows =
    search.asOf === undefined
      ? await readAll(reading, search, pageStatement(search, page, "referrals"), page.limit)
      : await collect(findRows(reading, search, page));
  return rows.map(storedReferral);
}

/** So many index entries are counted where calls are answered; more of them elsewhere. */
const countedAtOnce = 20_000;

async function countIn(reading: Reading, search: Search, source: Source): Promise<number> {
  const number = (row: Row | undefined): number => Number(row?.count ?? 0);
  if (!search.isScan) {
    const { sql, values } = countStatement(search, source, countedAtOnce);
    const counted = number(await reading.database.get(sql, values));
    if (counted < countedAtOnce) return counted;
  }
  const scan = { ...search, isScan: true };
  const [row] = await collect(read(reading, scan, countStatement(scan, source)));
  return number(row);
}

/** The number of all referrals of a search. */
export async function countAll(reading: Reading, search: Search): Promise<number> {
  const present = await countIn(reading, search, "referrals");
  if (search.asOf === undefined) return present;
  return present + (await countIn(reading, { ...search, isScan: false }, "referralVersions"));
}
