import type { PageRange } from "../adapting/stepped-adapter.ts";
import type { WalkedPage } from "../adapting/walk-by-id.ts";
import { CrmError, type CrmRecord, type OperationOptions } from "../port.ts";
import {
  readNames,
  rowToRecord,
  rowToWalked,
  stampNames,
  type TrytonField,
  type TrytonLayout,
  type TrytonRow,
} from "./mapping.ts";
import type { TrytonRpc } from "./transport.ts";
import { momentOf, momentToWire, type Wire } from "./wire-values.ts";

/** What reading and writing deals needs. */
export interface DealContext {
  readonly call: TrytonRpc["call"];
  readonly url: string;
  readonly layout: TrytonLayout;
  readonly keyField: string;
  /** What Tryton says of the deals' fields; asked for once. */
  types(options: OperationOptions): Promise<Readonly<Record<string, TrytonField>>>;
  /** The code of the company's currency; asked for once. */
  currency(options: OperationOptions): Promise<string>;
}

async function search(
  { call, layout }: DealContext,
  domain: Wire,
  limit: number,
  options: OperationOptions,
): Promise<readonly TrytonRow[]> {
  const names = readNames(layout);
  const order = [["id", "ASC"]];
  const parameters = [domain, 0, limit, order, names];
  const rows = await call("sale.opportunity.search_read", parameters, options);
  return rows as readonly TrytonRow[];
}

/** The deal that a condition names; undefined where there is none that the user may see. */
export async function readRow(
  context: DealContext,
  condition: readonly Wire[],
  options: OperationOptions,
): Promise<TrytonRow | undefined> {
  return (await search(context, [condition], 1, options))[0];
}

/** A row as the engine sees it. */
export function recordOf({ layout, url }: DealContext, row: TrytonRow): CrmRecord {
  return rowToRecord(layout, row, url);
}

/** A page of deals that changed, or that show something that changed, in the order of ids. */
export async function readChanged(
  context: DealContext,
  { from, afterId, pageSize }: PageRange,
  options: OperationOptions,
): Promise<WalkedPage> {
  const { layout, url } = context;
  const moment = from === undefined ? undefined : momentToWire(from);
  const changed =
    moment === undefined
      ? []
      : [["OR", ...stampNames(layout).map((name): Wire => [name, ">=", moment])]];
  const after = afterId === undefined ? [] : [["id", ">", Number(afterId)]];
  const rows = await search(context, [...changed, ...after], pageSize, options);
  const last = rows.at(-1)?.id;
  return {
    rows: rows.map((row) => rowToWalked(layout, row, url)),
    ...(rows.length < pageSize || last === undefined ? {} : { next: String(last) }),
  };
}

/** The newest moment at which a deal was made or changed. */
export async function readNewest(
  { call }: DealContext,
  options: OperationOptions,
): Promise<number | undefined> {
  const newest: number[] = [];
  for (const stamp of ["write_date", "create_date"]) {
    const order = [[stamp, "DESC NULLS LAST"]];
    const parameters = [[], 0, 1, order, [stamp]];
    const rows = (await call("sale.opportunity.search_read", parameters, options)) as TrytonRow[];
    newest.push(momentOf(rows[0]?.[stamp]));
  }
  const greatest = Math.max(...newest);
  return greatest === 0 ? undefined : greatest;
}

/** True of a refusal of values that doesn't say yet which field it is about. */
export function namesNoField(error: unknown): error is CrmError {
  return error instanceof CrmError && error.code === "invalid" && error.field === undefined;
}

/** A refusal with the field whose label it names, in whatever language. */
export function withField(error: CrmError, types: Readonly<Record<string, TrytonField>>): CrmError {
  const quoted = [...error.message.matchAll(/["«„“]([^"»“”]+)["»”“]/g)].map(([, word]) => word);
  const field = Object.entries(types).find(([, { label }]) => quoted.includes(label))?.[0];
  return field === undefined
    ? error
    : new CrmError("invalid", error.message, { field, cause: error });
}
