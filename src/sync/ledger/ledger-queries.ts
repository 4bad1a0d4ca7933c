import type { Pair } from "../pair/pair.ts";
import type { Priority } from "../run/runner.ts";
import type { ConnectionState, InboxItem, InboxQuery, PairQuery } from "./ledger-port.ts";

/** The classes in the order in which they go first. */
export const priorityRank: Readonly<Record<Priority, number>> = {
  interactive: 0,
  expiring: 1,
  outbound: 2,
  read: 3,
  poll: 4,
  backfill: 5,
  audit: 6,
};

/** The connection before anything was stored. */
export const connectionAtStart: ConnectionState = {
  revision: 0,
  sends: 0,
  epoch: 1,
  referralCursor: { stamp: "", walkedAt: 0 },
  crmCursor: { watermark: "", walkedAt: 0 },
  auditedAt: 0,
  awaitsApproval: "first-run",
  deletions: [],
  policies: {},
  drift: 0,
};

/**
 * A number that moves on with each walk and each write to the outside: what a restored database has
 * forgotten shows in a lower one.
 */
export function generationOf({ revision, sends }: ConnectionState): number {
  return revision + sends;
}

/** The words under which a pair is found, in lower case. */
export function searchTextOf(pair: Pair): string {
  const name = pair.referral?.document?.name ?? "";
  const customer = pair.referral?.document?.customerProfile?.name ?? "";
  return [name, customer, pair.referral?.id, pair.crm?.id, pair.matchKey, pair.engagementId]
    .filter((part) => part)
    .join(" ")
    .toLowerCase();
}

/** Whether a query lists a pair. */
export function matchesPairs(pair: Pair, query: PairQuery): boolean {
  if (query.after !== undefined && pair.id <= query.after) return false;
  if (query.states && !query.states.includes(pair.state)) return false;
  return query.text === undefined || searchTextOf(pair).includes(query.text.toLowerCase());
}

/** Whether a query lists a question. */
export function matchesInbox(item: InboxItem, query: InboxQuery): boolean {
  if (query.kinds && !query.kinds.includes(item.kind)) return false;
  if (query.pairId !== undefined && item.pairId !== query.pairId) return false;
  return query.isOpen === undefined || query.isOpen === (item.resolvedAt === undefined);
}
