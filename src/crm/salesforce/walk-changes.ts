import type { CrmChange, OperationOptions } from "../port.ts";
import { isoOf, newestStampMs, type SalesforceRow } from "./mapping.ts";
import {
  type DealContext,
  type DealSnapshot,
  type NamedQuery,
  readDeals,
  runQueries,
  snapshotsOf,
} from "./read-deals.ts";
import { quoted, selectDeals } from "./soql.ts";

/** What walking over changes needs beside reading deals. */
export interface WalkContext extends DealContext {
  readonly pageSize: number;
  /** False: changes of accounts, contacts and child rows aren't followed. */
  readonly followsChildren: boolean;
}

/** What a watermark holds. */
interface Position {
  readonly format: 1;
  /** Stamps from this moment on are still to be asked for; absent: from the beginning. */
  readonly sinceMs?: number;
  /** Deals with stamps from then on that were reported: stamp and version by id. */
  readonly seen: Readonly<Record<string, readonly [stampMs: number, version: string]>>;
  /** A walk that is under way. */
  readonly walk?: {
    /** Salesforce's clock when it began. */
    readonly begunMs: number;
    readonly newestMs: number;
    readonly after: readonly [stamp: string, id: string];
  };
}

/**
 * A transaction stamps its rows before it commits: they come to light seconds after their stamp.
 */
const overlapMs = 10_000;
const secondMs = 1000;
/** More deals than this share the newest stamps: the oldest of them are reported again. */
const mostSeen = 5000;

function readPosition(watermark: string): Position {
  try {
    const position = JSON.parse(watermark) as Position;
    if (position.format === 1) return position;
  } catch {
    // Nothing, or another release's: everything is walked again, which may repeat, never skips.
  }
  return { format: 1, seen: {} };
}

function momentOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

function ownQuery(context: WalkContext, position: Position): NamedQuery {
  const { walk, sinceMs } = position;
  const conditions = [
    ...(walk
      ? [
          `(SystemModstamp > ${walk.after[0]} OR ` +
            `(SystemModstamp = ${walk.after[0]} AND Id > ${quoted(walk.after[1])}))`,
        ]
      : sinceMs === undefined
        ? []
        : [`SystemModstamp >= ${momentOf(sinceMs)}`]),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const soql =
    `${selectDeals(context.layout)}${where} ORDER BY SystemModstamp, Id ` +
    `LIMIT ${context.pageSize}`;
  return { name: "own", soql, kind: "queryAll" };
}

/** The queries that find deals by changes of what is linked to them; they also see deletions. */
function linkedQueries(context: WalkContext, sinceMs: number): readonly NamedQuery[] {
  const { layout } = context;
  const since = momentOf(sinceMs);
  return [
    ...(layout.account.length > 0
      ? [
          {
            name: "account",
            soql:
              "SELECT Id,Account.SystemModstamp FROM Opportunity " +
              `WHERE Account.SystemModstamp >= ${since}`,
          },
        ]
      : []),
    ...(layout.hasContacts
      ? [
          {
            name: "roles",
            soql:
              "SELECT OpportunityId,SystemModstamp,Contact.SystemModstamp " +
              "FROM OpportunityContactRole " +
              `WHERE SystemModstamp >= ${since} OR Contact.SystemModstamp >= ${since}`,
            kind: "queryAll" as const,
          },
        ]
      : []),
    ...layout.children.map(({ dealField, field, object }) => ({
      name: field,
      soql: `SELECT ${dealField},SystemModstamp FROM ${object} WHERE SystemModstamp >= ${since}`,
      kind: "queryAll" as const,
    })),
  ];
}

/** A deal that a linked change concerns, and the change's stamp. */
function linkedChange(row: SalesforceRow): readonly [dealId: string, stampMs: number] {
  const dealId = row.OpportunityId ?? row.PR_Opportunity__c ?? row.Id;
  const stamps = [row, row.Account, row.Contact].map((each) => {
    const stamp = (each as SalesforceRow | null | undefined)?.SystemModstamp;
    return typeof stamp === "string" ? Date.parse(isoOf(stamp)) : 0;
  });
  return [String(dealId), Math.max(...stamps)];
}

/** One walk, or what is left of one. */
class Walk {
  readonly #context: WalkContext;
  readonly #seen: Map<string, readonly [number, string]>;
  readonly #sinceMs: number | undefined;
  #walk: Position["walk"];
  #newestMs: number;
  #begunMs: number | undefined;
  readonly #linked = new Map<string, number>();

  constructor(context: WalkContext, position: Position) {
    this.#context = context;
    this.#seen = new Map(Object.entries(position.seen));
    this.#sinceMs = position.sinceMs;
    this.#walk = position.walk;
    this.#newestMs = position.walk?.newestMs ?? 0;
    this.#begunMs = position.walk?.begunMs;
  }

  /** The changes that weren't told yet, of one snapshot; notes it as seen. */
  *#tell({ record, row }: DealSnapshot): Iterable<CrmChange> {
    const { id } = record;
    const ownMs = Date.parse(isoOf(row.SystemModstamp));
    const isDeleted = row.IsDeleted === true;
    const stampMs = isDeleted
      ? ownMs
      : Math.max(newestStampMs(this.#context.layout, row), this.#linked.get(id) ?? 0);
    this.#newestMs = Math.max(this.#newestMs, stampMs);
    const version = isDeleted ? "deleted" : record.version;
    const isKnown = this.#seen.get(id)?.[1] === version;
    this.#seen.set(id, [stampMs, version]);
    this.#linked.delete(id);
    // What was deleted before the first walk was never known.
    const isNews = !isKnown && !(isDeleted && this.#sinceMs === undefined);
    if (!isNews) return;
    yield isDeleted ? { kind: "deleted", recordId: id } : { kind: "changed", record };
  }

  /** Deals with older stamps than `keptMs` won't be listed again. */
  #watermark(position: Omit<Position, "format" | "seen">, keptMs: number): CrmChange {
    const kept = [...this.#seen].filter(([, [stampMs]]) => stampMs >= keptMs);
    kept.sort(([, [left]], [, [right]]) => right - left);
    const seen = Object.fromEntries(kept.slice(0, mostSeen));
    const whole: Position = { format: 1, ...position, seen };
    return { kind: "watermark", watermark: JSON.stringify(whole) };
  }

  /** The end: nothing before it can come to light any more. */
  #end(): CrmChange {
    const newest = Math.max(this.#newestMs + secondMs, this.#sinceMs ?? 0);
    const sinceMs = Math.max(this.#sinceMs ?? 0, Math.min(newest, this.#safeMs));
    return this.#watermark({ sinceMs }, sinceMs);
  }

  get #safeMs(): number {
    return (this.#begunMs ?? 0) - overlapMs;
  }

  async *run(options: OperationOptions): AsyncIterable<CrmChange> {
    const context = this.#context;
    const { followsChildren, pageSize, send } = context;
    const since = this.#sinceMs === undefined ? {} : { sinceMs: this.#sinceMs };
    let linkedAsked = this.#sinceMs === undefined || !followsChildren;
    for (;;) {
      const own = ownQuery(context, {
        format: 1,
        seen: {},
        ...since,
        ...(this.#walk ? { walk: this.#walk } : {}),
      });
      const linked = linkedAsked ? [] : linkedQueries(context, this.#sinceMs ?? 0);
      linkedAsked = true;
      const { rows, serverTimeMs } = await runQueries(send, [own, ...linked], options);
      this.#begunMs ??= serverTimeMs;
      for (const [name, found] of rows) {
        if (name !== "own") for (const row of found) this.#noteLinked(row);
      }
      const page = snapshotsOf(context, rows.get("own") ?? [], serverTimeMs);
      for (const snapshot of page) yield* this.#tell(snapshot);
      const last = page[page.length - 1]?.row;
      if (page.length < pageSize || !last) break;
      const lastMs = Date.parse(isoOf(last.SystemModstamp));
      this.#walk = {
        begunMs: this.#begunMs,
        newestMs: this.#newestMs,
        after: [momentOf(lastMs), String(last.Id)],
      };
      yield this.#watermark({ ...since, walk: this.#walk }, Math.min(lastMs, this.#safeMs));
    }
    for await (const snapshot of readDeals(context, [...this.#linked.keys()], options)) {
      yield* this.#tell(snapshot);
    }
    yield this.#end();
  }

  #noteLinked(row: SalesforceRow): void {
    const [dealId, stampMs] = linkedChange(row);
    this.#linked.set(dealId, Math.max(this.#linked.get(dealId) ?? 0, stampMs));
    this.#newestMs = Math.max(this.#newestMs, stampMs);
  }
}

/**
 * Walks over the deals that changed since a watermark, in the order of their stamps and ids, and
 * over the deals whose account, contacts or rows changed.
 *
 * Stamps are whole seconds and come to light late: the next walk begins ten seconds before this
 * one, by Salesforce's own clock, and what it showed already is known by its version.
 */
export function walkChanges(
  context: WalkContext,
  watermark: string,
  options: OperationOptions,
): AsyncIterable<CrmChange> {
  return new Walk(context, readPosition(watermark)).run(options);
}
