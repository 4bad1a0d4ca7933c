import type { Database } from "../../storage/port.ts";
import { walkById } from "../adapting/walk-by-id.ts";
import type { CrmAdapter, CrmCapabilities, CrmRecord, OperationOptions } from "../port.ts";
import { CrmError } from "../port.ts";
import { describeTable, type SqlTable } from "./describe-table.ts";
import { accountPrefix, type SqlAdapterOptions, type SqlLayout } from "./layout.ts";
import { fieldPlaces, type SqlShape } from "./mapping.ts";
import { type DealReading, readChangedDeals, readDealBy, readNewestStamp } from "./read-deals.ts";
import { isUnreadableId, refusalOf } from "./refusals.ts";
import { type DealWriting, writeDeal } from "./write-deal.ts";

const defaultPageSize = 500;
const defaultOverlapMs = 60_000;

/** What is known of a database once it was looked at. */
interface Opened {
  readonly database: Database;
  readonly reading: DealReading;
}

function capabilitiesOf(options: SqlAdapterOptions): CrmCapabilities {
  const { layout } = options;
  const { account, lists } = fieldPlaces(layout, options.fields);
  const stamps = [
    ...(account.length > 0 ? [layout.accounts?.stamp] : []),
    ...lists.map((name) => layout.lists?.[name]?.stamp),
  ];
  return {
    kind: "sql",
    versions: "etag",
    stampResolutionMs: layout.stampKind === "seconds" ? 1000 : 1,
    visibilityDelayMs: 0,
    deleteSignal: layout.deleted === undefined ? "not-found" : "tombstone",
    webhooks: "none",
    batchSize: 1,
    parts: [
      ...(account.length > 0 ? [{ name: "account", prefix: accountPrefix }] : []),
      { name: "record", prefix: "" },
      ...lists.map((name) => ({ name, prefix: name })),
    ],
    reportsChildChanges: stamps.every((stamp) => stamp !== undefined),
    ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
  };
}

async function shapeOf(
  database: Database,
  layout: SqlLayout,
  fields: readonly string[],
): Promise<SqlShape> {
  const lists: Record<string, SqlTable> = {};
  for (const [name, list] of Object.entries(layout.lists ?? {})) {
    lists[name] = await describeTable(database, list.table);
  }
  const deals = await describeTable(database, layout.table);
  if (deals.size === 0) {
    throw new CrmError("invalid", `the database has no table or view "${layout.table}"`);
  }
  const named = new Map(deals);
  for (const [name, choices] of Object.entries(layout.choices ?? {})) {
    const column = named.get(name);
    if (column) named.set(name, { ...column, choices });
  }
  const accounts = layout.accounts
    ? await describeTable(database, layout.accounts.table)
    : new Map();
  return { layout, ...fieldPlaces(layout, fields), tables: { deals: named, accounts, lists } };
}

/** Reads and writes deals that stand in a table or view of SQLite or PostgreSQL. */
export function createSqlAdapter(options: SqlAdapterOptions): CrmAdapter {
  const { layout } = options;
  let opening: Promise<Opened> | undefined;
  const open = async (): Promise<Opened> => {
    const database = await options.open();
    const shape = await shapeOf(database, layout, options.fields);
    return { database, reading: { shape, dialect: database.dialect, dealUrl: options.dealUrl } };
  };
  /** Runs an operation on the database; what it fails with becomes a CrmError. */
  const on = async <T>(
    { signal }: OperationOptions,
    isWrite: boolean,
    work: (opened: Opened) => Promise<T>,
  ): Promise<T> => {
    signal?.throwIfAborted();
    opening ??= open();
    const opened = await opening.catch((error: unknown) => {
      opening = undefined;
      throw refusalOf(error, false);
    });
    return work(opened).catch((error: unknown) => {
      throw refusalOf(error, isWrite);
    });
  };
  const read = (recordId: string, operation: OperationOptions): Promise<CrmRecord | undefined> =>
    on(operation, false, async ({ database, reading }) => {
      const found = readDealBy(database, reading, layout.id, recordId);
      const snapshot = await found.catch((error: unknown) => {
        if (isUnreadableId(error)) return undefined;
        throw error;
      });
      // SQLite compares '1' and 1 alike in one kind of column: an id must be spelt as it is.
      return snapshot?.record.id === recordId ? snapshot.record : undefined;
    });
  return {
    capabilities: capabilitiesOf(options),
    read,
    upsert: async (write, operation) => {
      if (write.steps.length === 0) throw new CrmError("invalid", "a write needs a step");
      const memo = operation.memo;
      const left = memo?.finished(write.steps.at(-1)?.key ?? "");
      if (left !== undefined) {
        const record = await read(left, operation);
        if (!record) throw new CrmError("not-found", "the deal isn't there any more");
        return { id: record.id, version: record.version, record };
      }
      const record = await on(operation, true, ({ database, reading }) => {
        const writing: DealWriting = { ...reading, options };
        return database.transaction((transaction) => writeDeal(transaction, writing, write));
      });
      for (const { key } of write.steps) await memo?.finish(key, record.id);
      return { id: record.id, version: record.version, record };
    },
    changesSince: (watermark, operation) =>
      walkById(
        {
          overlap: options.overlapMs ?? defaultOverlapMs,
          newest: (each) =>
            on(each, false, ({ database, reading }) => readNewestStamp(database, reading)),
          page: (from, afterId, each) =>
            on(each, false, ({ database, reading }) =>
              readChangedDeals(database, reading, {
                ...(from === undefined ? {} : { from }),
                ...(afterId === undefined ? {} : { afterId }),
                pageSize: options.pageSize ?? defaultPageSize,
              }),
            ),
        },
        watermark,
        operation,
      ),
  };
}
