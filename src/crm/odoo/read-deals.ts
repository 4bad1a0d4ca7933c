import type { PageRange } from "../adapting/stepped-adapter.ts";
import type { WalkedPage } from "../adapting/walk-by-id.ts";
import type { CrmRecord, OperationOptions } from "../port.ts";
import {
  contactsField,
  type DealRows,
  dealColumns,
  formatMoment,
  idOf,
  idsOf,
  momentOf,
  type OdooFacts,
  type OdooLayout,
  partnerColumns,
  rowsToRecord,
  rowsToWalked,
} from "./mapping.ts";
import type { OdooCall, OdooRow, OdooValue } from "./transport.ts";

/** What reading and writing deals needs. */
export interface DealContext {
  readonly call: OdooCall;
  readonly url: string;
  readonly layout: OdooLayout;
  readonly keyField: string;
  facts(options: OperationOptions): Promise<OdooFacts>;
}

/** Lost deals are archived, and archived ones are hidden unless asked for. */
export const allDeals = { active_test: false } as const;

async function withPartners(
  { call, layout }: DealContext,
  deals: readonly OdooRow[],
  options: OperationOptions,
): Promise<readonly DealRows[]> {
  const named = deals.flatMap((deal) => [
    idOf(deal.partner_id) ?? 0,
    ...idsOf(deal[contactsField]),
  ]);
  const ids = [...new Set(named)].filter((id) => id > 0);
  const isWanted = layout.account.length > 0 || layout.hasContacts;
  const rows =
    isWanted && ids.length > 0
      ? await call(
          "res.partner",
          "search_read",
          [[["id", "in", ids]], [...partnerColumns]],
          options,
          {
            context: allDeals,
          },
        )
      : [];
  const partners = new Map((rows as readonly OdooRow[]).map((row) => [Number(row.id), row]));
  return deals.map((deal) => ({ deal, partners }));
}

async function search(
  context: DealContext,
  domain: readonly OdooValue[],
  limit: number,
  options: OperationOptions,
): Promise<readonly DealRows[]> {
  const { call, layout } = context;
  const columns = [...new Set(dealColumns(layout))];
  const named = { limit, order: "id asc", context: allDeals };
  const deals = await call("crm.lead", "search_read", [[...domain], columns], options, named);
  return withPartners(context, deals as readonly OdooRow[], options);
}

/** The deal that a condition names; undefined where there is none that the user may see. */
export async function readRows(
  context: DealContext,
  condition: readonly OdooValue[],
  options: OperationOptions,
): Promise<DealRows | undefined> {
  return (await search(context, [condition], 1, options))[0];
}

/** A deal as the engine sees it. */
export async function recordOf(
  context: DealContext,
  rows: DealRows,
  options: OperationOptions,
): Promise<CrmRecord> {
  return rowsToRecord(context.layout, rows, await context.facts(options), context.url);
}

/** A page of deals that changed, or that show something that changed, in the order of ids. */
export async function readChanged(
  context: DealContext,
  { from, afterId, pageSize }: PageRange,
  options: OperationOptions,
): Promise<WalkedPage> {
  const { layout, url } = context;
  const facts = await context.facts(options);
  const moments =
    from === undefined
      ? []
      : [
          "write_date",
          ...(layout.account.length > 0 ? ["partner_id.write_date"] : []),
          ...(layout.hasContacts ? [`${contactsField}.write_date`] : []),
        ].map((name): OdooValue => [name, ">=", formatMoment(from)]);
  const changed = [...moments.slice(1).map((): OdooValue => "|"), ...moments];
  const after = afterId === undefined ? [] : [["id", ">", Number(afterId)]];
  const rows = await search(context, [...after, ...changed], pageSize, options);
  const last = rows.at(-1)?.deal.id;
  return {
    rows: rows.map((each) => rowsToWalked(layout, each, facts, url)),
    ...(rows.length < pageSize || last === undefined ? {} : { next: String(last) }),
  };
}

/** The newest moment at which a deal was changed. */
export async function readNewest(
  { call }: DealContext,
  options: OperationOptions,
): Promise<number | undefined> {
  const named = { limit: 1, order: "write_date desc", context: allDeals };
  const rows = await call("crm.lead", "search_read", [[], ["write_date"]], options, named);
  const [row] = rows as readonly OdooRow[];
  return row ? momentOf(row.write_date) : undefined;
}
