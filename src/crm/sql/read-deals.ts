import type { DialectName, Queryable, Row, SqlValue } from "../../storage/port.ts";
import type { WalkedPage } from "../adapting/walk-by-id.ts";
import type { CrmRecord } from "../port.ts";
import {
  isMarkedDeleted,
  rowsToRecord,
  type SqlDealRows,
  type SqlShape,
  stampAlias,
} from "./mapping.ts";
import { quoted, stampTexts } from "./statements.ts";

/** What reading deals needs. */
export interface DealReading {
  readonly shape: SqlShape;
  readonly dialect: DialectName;
  readonly dealUrl: string | undefined;
}

const changeAlias = "stamp of the change";

/** The tables beside the deals' own whose stamps tell of changes: how their rows hang on a deal. */
function followed({ shape }: DealReading): readonly { from: string; stamp: string }[] {
  const { accounts, id, lists } = shape.layout;
  const ofAccount =
    accounts?.stamp === undefined || shape.account.length === 0
      ? []
      : [
          {
            from:
              `${quoted(accounts.table)} l ` +
              `WHERE l.${quoted(accounts.id)} = d.${quoted(accounts.link)}`,
            stamp: `l.${quoted(accounts.stamp)}`,
          },
        ];
  const ofLists = shape.lists.flatMap((name) => {
    const list = lists?.[name];
    if (list?.stamp === undefined) return [];
    const from = `${quoted(list.table)} l WHERE l.${quoted(list.deal)} = d.${quoted(id)}`;
    return [{ from, stamp: `l.${quoted(list.stamp)}` }];
  });
  return [...ofAccount, ...ofLists];
}

function selectText(reading: DealReading): string {
  const { account, layout, own } = reading.shape;
  const stamps = stampTexts[reading.dialect][layout.stampKind];
  const columns = new Set([
    layout.id,
    ...own,
    ...(account.length > 0 && layout.accounts ? [layout.accounts.link] : []),
    ...(layout.deleted === undefined ? [] : [layout.deleted]),
    ...(layout.modifiedBy === undefined ? [] : [layout.modifiedBy]),
  ]);
  const ownStamp = stamps.read(`d.${quoted(layout.stamp)}`);
  const all = [
    `COALESCE(${ownStamp}, 0)`,
    ...followed(reading).map(
      ({ from, stamp }) => `COALESCE((SELECT MAX(${stamps.read(stamp)}) FROM ${from}), 0)`,
    ),
  ];
  const greatest = reading.dialect === "postgres" ? "GREATEST" : "MAX";
  const change = all.length === 1 ? all[0] : `${greatest}(${all.join(", ")})`;
  const names = [...columns].map((column) => `d.${quoted(column)}`).join(", ");
  return (
    `SELECT ${names}, ${ownStamp} AS ${quoted(stampAlias)}, ${change} AS ${quoted(changeAlias)} ` +
    `FROM ${quoted(layout.table)} d`
  );
}

const marks = (count: number): string => Array(count).fill("?").join(", ");

async function rowsBy(
  database: Queryable,
  table: string,
  columns: readonly string[],
  by: string,
  values: readonly SqlValue[],
  order: string,
): Promise<readonly Row[]> {
  if (values.length === 0) return [];
  const names = [...new Set([by, ...columns])].map(quoted).join(", ");
  return database.all(
    `SELECT ${names} FROM ${quoted(table)} WHERE ${quoted(by)} IN (${marks(values.length)}) ` +
      `ORDER BY ${quoted(order)}`,
    values,
  );
}

async function assemble(
  database: Queryable,
  { dealUrl, shape }: DealReading,
  deals: readonly Row[],
): Promise<readonly { rows: SqlDealRows; record: CrmRecord }[]> {
  const { layout } = shape;
  const { accounts, id } = layout;
  const links = accounts ? deals.map((deal) => deal[accounts.link] ?? null) : [];
  const known = [...new Set(links)].filter((link) => link !== null);
  const customers =
    accounts && shape.account.length > 0
      ? await rowsBy(database, accounts.table, shape.account, accounts.id, known, accounts.id)
      : [];
  const ids = deals.map((deal) => deal[id] ?? null);
  const found: Record<string, readonly Row[]> = {};
  for (const name of shape.lists) {
    const list = layout.lists?.[name];
    if (!list) continue;
    found[name] = await rowsBy(database, list.table, list.columns, list.deal, ids, list.key);
  }
  return deals.map((deal) => {
    const account = accounts
      ? customers.find((row) => row[accounts.id] === deal[accounts.link])
      : undefined;
    const lists = Object.fromEntries(
      shape.lists.map((name) => {
        const list = layout.lists?.[name];
        const mine = (found[name] ?? []).filter((row) => list && row[list.deal] === deal[id]);
        return [name, mine];
      }),
    );
    const rows = { deal, account, lists };
    return { rows, record: rowsToRecord(shape, rows, dealUrl) };
  });
}

/** A deal as it was read. */
export interface SqlSnapshot {
  readonly rows: SqlDealRows;
  readonly record: CrmRecord;
}

/** The deal with this value in a column; undefined where there is none that isn't deleted. */
export async function readDealBy(
  database: Queryable,
  reading: DealReading,
  column: string,
  value: SqlValue,
): Promise<SqlSnapshot | undefined> {
  const text = `${selectText(reading)} WHERE d.${quoted(column)} = ? LIMIT 2`;
  const deals = await database.all(text, [value]);
  const [first] = deals.filter((row) => !isMarkedDeleted(reading.shape.layout, row));
  return first ? (await assemble(database, reading, [first]))[0] : undefined;
}

/** A page of deals that changed, in the order of their ids. */
export async function readChangedDeals(
  database: Queryable,
  reading: DealReading,
  { from, afterId, pageSize }: { from?: number; afterId?: string; pageSize: number },
): Promise<WalkedPage> {
  const { layout } = reading.shape;
  const stamps = stampTexts[reading.dialect][layout.stampKind];
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  if (from !== undefined) {
    const linked = followed(reading).map(
      ({ from: source, stamp }) =>
        `EXISTS (SELECT 1 FROM ${source} AND ${stamps.notBefore(stamp)})`,
    );
    const all = [stamps.notBefore(`d.${quoted(layout.stamp)}`), ...linked];
    conditions.push(`(${all.join(" OR ")})`);
    values.push(...all.map(() => Math.floor(from)));
  }
  if (afterId !== undefined) {
    conditions.push(`d.${quoted(layout.id)} > ?`);
    values.push(afterId);
  }
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const order = ` ORDER BY d.${quoted(layout.id)} LIMIT ${pageSize}`;
  const deals = await database.all(selectText(reading) + where + order, values);
  const assembled = await assemble(database, reading, deals);
  const last = deals.at(-1)?.[layout.id];
  return {
    rows: assembled.map(({ record, rows }) => ({
      record,
      stamp: Number(rows.deal[changeAlias] ?? 0),
      isDeleted: isMarkedDeleted(layout, rows.deal),
    })),
    ...(deals.length < pageSize || last === undefined ? {} : { next: String(last) }),
  };
}

/** The newest stamp of all rows that are followed. */
export async function readNewestStamp(
  database: Queryable,
  reading: DealReading,
): Promise<number | undefined> {
  const text = selectText(reading);
  const row = await database.get(
    `SELECT MAX(${quoted(changeAlias)}) AS newest FROM (${text}) all_deals`,
  );
  return row?.newest === null || row?.newest === undefined ? undefined : Number(row.newest);
}
