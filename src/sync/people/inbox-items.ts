import type { EngineContext } from "../engine-context.ts";
import type { InboxItem, InboxKind } from "../ledger/ledger-port.ts";
import type { Pair } from "../pair/pair.ts";

/** The id of a question: the same question about the same thing is one item. */
export function inboxId(kind: InboxKind, about: string, field?: string): string {
  return field === undefined ? `${kind}:${about}` : `${kind}:${about}:${field}`;
}

/** A question about one field of a pair, with what both sides say and what was last agreed. */
export function fieldQuestion(
  context: EngineContext,
  pair: Pair,
  kind: "conflict" | "breaker",
  name: string,
): InboxItem {
  const { projection, clock } = context;
  const { referral, crm } = pair;
  const label = projection.byName.get(name)?.label ?? name;
  const agreedReferral = referral?.shadow[name];
  const agreedCrm = crm?.shadow[name];
  return {
    id: inboxId(kind, pair.id, name),
    kind,
    pairId: pair.id,
    field: name,
    openedAt: clock.now(),
    sentence:
      kind === "conflict"
        ? `${label} differs between the CRM and Partner Center, and both may be right.`
        : `${label} keeps changing back and forth: something on one side rewrites it.`,
    referral: referral?.document
      ? (projection.referralValues(referral.document)[name] ?? null)
      : null,
    crm: crm?.document ? (projection.crmValues(crm.document)[name] ?? null) : null,
    ...(agreedReferral === undefined ? {} : { agreedReferral }),
    ...(agreedCrm === undefined ? {} : { agreedCrm }),
  };
}

/** A question about a pair as a whole. */
export function pairQuestion(
  context: EngineContext,
  pair: Pair,
  kind: InboxKind,
  sentence: string,
  more: Partial<Pick<InboxItem, "candidates" | "proposal">> = {},
): InboxItem {
  const openedAt = context.clock.now();
  return { id: inboxId(kind, pair.id), kind, pairId: pair.id, openedAt, sentence, ...more };
}
