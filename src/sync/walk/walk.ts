import type { ListPage } from "../../client/port.ts";
import { type Referral, ReferralsError } from "../../contract/index.ts";
import type { CrmChange } from "../../crm/port.ts";
import { type Landed, landDeal, landReferral, newlyDue, type Sighting } from "../core/observe.ts";
import { commit, type EngineContext, mostOvertakings } from "../engine-context.ts";
import type { WalkReport } from "../engine-port.ts";
import { type ConnectionState, type CrmCursor, LedgerConflict } from "../ledger/ledger-port.ts";
import { failureOf } from "../pair/failure.ts";
import { newPair } from "../pair/new-pair.ts";
import type { Pair } from "../pair/pair.ts";
import { noteFailure } from "../pair/problems.ts";
import { compareStamps, laterStamp } from "../pair/stamps.ts";
import type { Priority } from "../run/runner.ts";
import { hasLinkedTwin } from "../steps/doubles.ts";
import { questionsThatMissed } from "../steps/match.ts";

/** Pages of one walk at most; more means that the pages lead in a circle. */
const mostPages = 100_000;
/** CRM changes that are stored in one transaction. */
const batchSize = 200;

/** How a walk goes about it. */
export interface WalkOptions {
  readonly priority: Priority;
  /** The whole of the side, whatever the cursor says, counting what earlier walks had missed. */
  readonly isAudit: boolean;
  /** Only what is newer than the last walk, to see what moved to the front meanwhile. */
  readonly isClosing?: true;
}

/** What a walk found, and how much of it an earlier walk should have found. */
export interface CountedWalk extends WalkReport {
  readonly drift: number;
}

/** What a walk remembers of the other side's habits, for as long as the engine lives. */
export interface WalkMemory {
  /** The service refuses to filter by updatedDateTime. */
  isFilterRefused: boolean;
}

/**
 * Walks over the referrals that changed since the cursor, newest first: what changes meanwhile
 * moves to the front, so the walk may repeat and never skips. The cursor moves when the last page
 * has landed.
 */
export async function walkReferrals(
  context: EngineContext,
  memory: WalkMemory,
  { priority, isAudit, isClosing }: WalkOptions,
): Promise<CountedWalk> {
  const { clock, ledger, rules, settings } = context;
  const startedAt = clock.now();
  const { referralCursor: cursor } = await ledger.connection();
  const sinceFar = startedAt - (cursor.far?.at ?? 0);
  // A clock that was set back tells nothing: then far, to be sure.
  const isFar = !isClosing && (sinceFar >= settings.cursorOverlapMs || sinceFar < 0);
  const until = isAudit
    ? ""
    : isClosing
      ? cursor.stamp
      : rules.walkUntil(cursor, settings.cursorOverlapMs, isFar);
  const due: Priority = cursor.walkedAt === 0 || isAudit ? "backfill" : "read";
  let page = await firstPage(context, memory, until, priority);
  let [newest, observed, changed, drift] = ["", 0, 0, 0];
  for (let pages = 1; pages <= mostPages; pages += 1) {
    for (const { updatedDateTime } of page.referrals) {
      newest = laterStamp(newest, updatedDateTime ?? "");
    }
    const oldest = page.referrals.at(-1)?.updatedDateTime ?? "";
    const isPast = until !== "" && page.referrals.length > 0 && compareStamps(oldest, until) < 0;
    const isLast = page.nextLink === undefined || isPast;
    const landed = await landReferrals(context, page.referrals, startedAt, due, (connection) => {
      const { referralCursor } = connection;
      const page = { cursor: referralCursor, newest, isLast, isFar, startedAt };
      const isQuiet =
        isClosing === true &&
        referralCursor.stamp === cursor.stamp &&
        laterStamp(cursor.stamp, newest) === cursor.stamp;
      return rules.cursorAfterPage({ ...page, isOnePage: pages === 1, isQuiet });
    });
    observed += page.referrals.length;
    changed += landed.length;
    if (isAudit)
      drift += landed.filter(({ pair }) => wasMissed(context, pair.referral, cursor.stamp)).length;
    if (isLast || page.nextLink === undefined) {
      return { side: "referral", pages, observed, changed, drift };
    }
    page = await listPage(context, { nextLink: page.nextLink }, priority);
  }
  throw new Error(`a walk over referrals didn't end within ${mostPages} pages`);
}

/** Closing walks in a row that find news on more than one page: then it must do. */
const mostClosings = 3;

/**
 * Makes sure that nothing slipped through a walk of several pages: a referral that changes while it
 * is walked moves to the front, behind the walker's back, and only the next walk shows it.
 */
export async function closeReferralWalk(
  context: EngineContext,
  memory: WalkMemory,
  priority: Priority,
): Promise<void> {
  for (let closing = 0; closing < mostClosings; closing += 1) {
    const { referralCursor } = await context.ledger.connection();
    if (referralCursor.isClosed) return;
    await walkReferrals(context, memory, { priority, isAudit: false, isClosing: true });
  }
}

/** A change so old that a walk before the audit should have brought it. */
function wasMissed(
  { settings }: EngineContext,
  side: Pair["referral"] | Pair["crm"],
  newestWalked: string,
): boolean {
  if (!side || newestWalked === "") return false;
  return Date.parse(newestWalked) - Date.parse(side.stamp) > settings.cursorOverlapMs;
}

async function firstPage(
  context: EngineContext,
  memory: WalkMemory,
  until: string,
  priority: Priority,
): Promise<ListPage> {
  const orderby = "updatedDateTime desc";
  if (until === "" || memory.isFilterRefused) return listPage(context, { orderby }, priority);
  try {
    const filter = `updatedDateTime ge ${until}`;
    return await listPage(context, { filter, orderby }, priority);
  } catch (error) {
    if (!(error instanceof ReferralsError) || error.status !== 400) throw error;
    context.log.warn({ code: error.code }, "the service refuses the filter: walking without it");
    memory.isFilterRefused = true;
    return listPage(context, { orderby }, priority);
  }
}

async function listPage(
  context: EngineContext,
  query: Parameters<EngineContext["referrals"]["listPage"]>[0],
  priority: Priority,
): Promise<ListPage> {
  await context.budget.take(priority);
  try {
    const page = await context.referrals.listPage(query);
    for (const { id, problems } of page.unreadable ?? []) {
      const { pointer, reason } = problems[0] ?? {};
      context.log.warn({ referralId: id, pointer, reason }, "a listed referral can't be read");
    }
    return page;
  } catch (error) {
    if (error instanceof ReferralsError) await noteFailure(context, failureOf(error));
    throw error;
  }
}

/** Stores a page of referrals in one transaction and returns those that were news. */
async function landReferrals(
  context: EngineContext,
  referrals: readonly Referral[],
  startedAt: number,
  due: Priority,
  cursorAfter: (connection: ConnectionState) => ConnectionState["referralCursor"],
): Promise<readonly Landed[]> {
  const byId = new Map<string, Referral>();
  for (const referral of referrals) {
    if (referral.id && !byId.has(referral.id)) byId.set(referral.id, referral);
  }
  return commitLanded(context, async (connection) => {
    const known = await context.ledger.pairsByReferral([...byId.keys()]);
    const sighting: Sighting = { source: "list", at: startedAt, connection, due };
    const landed: Landed[] = [];
    for (const [id, referral] of byId) {
      const pair = known.get(id) ?? newPair(context, "referral", connection.epoch);
      const one = landReferral(context, pair, referral, referral.eTag ?? "", sighting);
      if (one.pair !== pair) landed.push(one);
    }
    const referralCursor = cursorAfter(connection);
    const isMoved = referralCursor !== connection.referralCursor;
    const next = { ...connection, referralCursor, auditedAt: auditedAt(connection, startedAt) };
    return { landed, connection: isMoved ? next : undefined };
  });
}

/** The first walk over everything is an audit itself. */
function auditedAt({ auditedAt: before, crmCursor, referralCursor }: ConnectionState, now: number) {
  return crmCursor.walkedAt === 0 || referralCursor.walkedAt === 0 ? now : before;
}

interface LandedPage {
  readonly landed: readonly Landed[];
  readonly connection: ConnectionState | undefined;
}

/** Works out and stores what a page brought, again where a pair was changed meanwhile. */
async function commitLanded(
  context: EngineContext,
  work: (connection: ConnectionState) => Promise<LandedPage>,
): Promise<readonly Landed[]> {
  for (let overtaken = 0; overtaken < mostOvertakings; overtaken += 1) {
    const { landed, connection } = await work(await context.ledger.connection());
    if (landed.length === 0 && !connection) return landed;
    try {
      await commit(context, {
        pairs: landed.map(({ pair }) => pair),
        history: landed.flatMap(({ history }) => history),
        inbox: landed.flatMap(({ inbox }) => inbox),
        ...(connection ? { connection } : {}),
      });
      return landed.filter(({ order }) => order === "newer");
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new LedgerConflict();
}

type Batch = Map<string, Exclude<CrmChange, { readonly kind: "watermark" }>>;

/** Walks over the CRM's changes; its watermark is stored with the last change before it. */
export async function walkCrm(
  context: EngineContext,
  { isAudit }: Pick<WalkOptions, "isAudit">,
): Promise<CountedWalk> {
  const startedAt = context.clock.now();
  const { crmCursor } = await context.ledger.connection();
  const due: Priority = crmCursor.walkedAt === 0 || isAudit ? "backfill" : "outbound";
  let cursor = crmCursor;
  let [pages, observed, changed, drift] = [0, 0, 0, 0];
  let batch: Batch = new Map();
  const land = async (next: CrmCursor): Promise<void> => {
    const moved = isAudit ? undefined : { ...next, newest: newestOf(batch, next.newest ?? "") };
    const landed = await landDeals(context, batch, startedAt, due, moved);
    const newest = crmCursor.newest ?? "";
    if (isAudit) drift += landed.filter(({ pair }) => wasMissed(context, pair.crm, newest)).length;
    changed += landed.length;
    observed += batch.size;
    pages += 1;
    cursor = moved ?? next;
    batch = new Map();
  };
  for await (const change of context.crm.changesSince(isAudit ? "" : cursor.watermark, {})) {
    if (change.kind === "watermark") {
      cursor = { ...cursor, watermark: change.watermark };
      if (batch.size > 0) await land(cursor);
    } else {
      batch.set(change.kind === "changed" ? change.record.id : change.recordId, change);
      if (batch.size >= batchSize) await land(cursor);
    }
  }
  await land({ ...cursor, walkedAt: startedAt });
  return { side: "crm", pages, observed, changed, drift };
}

function newestOf(batch: Batch, before: string): string {
  let newest = before;
  for (const change of batch.values()) {
    if (change.kind === "changed") newest = laterStamp(newest, change.record.modifiedAt);
  }
  return newest;
}

async function landDeals(
  context: EngineContext,
  batch: Batch,
  startedAt: number,
  due: Priority,
  cursor: CrmCursor | undefined,
): Promise<readonly Landed[]> {
  return commitLanded(context, async (connection) => {
    const known = await context.ledger.pairsByRecord([...batch.keys()]);
    const sighting: Sighting = { source: "list", at: startedAt, connection, due };
    const landed: Landed[] = [];
    for (const [id, change] of batch) {
      const pair = known.get(id);
      if (change.kind === "deleted") {
        const isNews = pair?.crm && pair.crm.presence !== "deleted" && !pair.isToldDeleted;
        if (isNews && !pair.ended) landed.push(toldDeleted(context, pair));
        continue;
      }
      const before = pair ?? newPair(context, "crm", connection.epoch);
      const one = landDeal(context, before, change.record, sighting);
      if (one.pair === before) continue;
      const isNew = pair?.crm?.presence !== "present";
      const isMissed = isNew && (await isExpected(context, one.pair));
      landed.push(isMissed ? one : withoutNeed(one));
    }
    if (!cursor) return { landed, connection: undefined };
    const next = { ...connection, crmCursor: cursor };
    return { landed, connection: { ...next, auditedAt: auditedAt(connection, startedAt) } };
  });
}

/** Whether a deal that comes into sight concerns a referral, though nobody shares it. */
async function isExpected(context: EngineContext, deal: Pair): Promise<boolean> {
  if (await hasLinkedTwin(context, deal)) return true;
  return (await questionsThatMissed(context, deal)).length > 0;
}

/**
 * A deal that nobody shares and that names no referral needs nothing, but to be read where it may
 * be back in sight, and its seller told where something was told while it was shared.
 */
function withoutNeed(landed: Landed): Landed {
  const { pair } = landed;
  const isOutOfSight = pair.crm?.presence !== "present";
  const isTied = pair.referral || pair.creation || pair.claim;
  const isNeeded = isOutOfSight || isTied || pair.crm?.document || pair.shown;
  return isNeeded || !pair.due ? landed : { ...landed, pair: { ...pair, due: undefined } };
}

/** What stopped a pair may have been that its deal was gone: then this is the answer. */
function toldDeleted(context: EngineContext, pair: Pair): Landed {
  const told: Pair = { ...pair, isToldDeleted: true, ...newlyDue(context, pair, "read") };
  return { pair: told, order: "newer", history: [], inbox: [] };
}
