import type { ReferralDocument } from "./referral-document.ts";
import { isClosed } from "./referral-document.ts";

/** Whose side of an engagement a referral is. */
export type Leg = "partner" | "microsoft";

/** One deal of the schedule with every record that stands for it on either side. */
export interface Deal {
  readonly index: number;
  readonly organisation: string;
  readonly referrals: Map<string, Leg>;
  readonly crmRecords: Set<string>;
  /** When it came into being, in virtual milliseconds after the start. */
  readonly openedAt: number;
  /** When a person deleted a CRM record that the process knew, in milliseconds after the start. */
  deletedAt: number | undefined;
  /** A person deleted its CRM record, known or not: a list that lags may show it afterwards. */
  wasDeleted: boolean;
  /** Contact data may leave the CRM. */
  hasConsent: boolean;
  /** How often a person who was asked about a double has ordered a record of its own. */
  ordered: number;
  /** Referrals that a person who was asked about a double wanted closed. */
  readonly unwanted: Set<string>;
  /** Made on both sides by people. */
  isTwin: boolean;
  /** … with nothing but its name to say that it is one deal. */
  isTwinByName: boolean;
}

/** Which record belongs to which deal: the world's own knowledge, never shown to the engine. */
export interface DealBook {
  readonly deals: ReadonlyMap<number, Deal>;
  open(index: number, organisation: string, openedAt: number): Deal;
  ofReferral(id: string): Deal | undefined;
  ofCrmRecord(id: string): Deal | undefined;
  addReferral(deal: Deal, document: ReferralDocument): void;
  addCrmRecord(deal: Deal, id: string): void;
}

/** The leg that a referral is by its target: Microsoft's side is addressed to `msft`. */
export function legOf(document: Record<string, unknown>): Leg {
  const target = document.target;
  const isMicrosofts =
    Array.isArray(target) && target.some((entry: { id?: unknown }) => entry.id === "msft");
  return isMicrosofts ? "microsoft" : "partner";
}

/** An empty book. */
export function createDealBook(): DealBook {
  const deals = new Map<number, Deal>();
  const byReferral = new Map<string, Deal>();
  const byCrmRecord = new Map<string, Deal>();
  return {
    deals,
    open(index, organisation, openedAt) {
      const known = deals.get(index);
      if (known) return known;
      const deal: Deal = {
        index,
        organisation,
        referrals: new Map(),
        crmRecords: new Set(),
        openedAt,
        deletedAt: undefined,
        wasDeleted: false,
        hasConsent: true,
        ordered: 0,
        unwanted: new Set(),
        isTwin: false,
        isTwinByName: false,
      };
      deals.set(index, deal);
      return deal;
    },
    ofReferral: (id) => byReferral.get(id),
    ofCrmRecord: (id) => byCrmRecord.get(id),
    addReferral(deal, document) {
      deal.referrals.set(document.id, legOf(document));
      byReferral.set(document.id, deal);
    },
    addCrmRecord(deal, id) {
      deal.crmRecords.add(id);
      byCrmRecord.set(id, deal);
    },
  };
}

/** The referrals of one leg that are not closed. */
export function liveReferrals(
  deal: Deal,
  leg: Leg,
  find: (id: string) => ReferralDocument | undefined,
): readonly ReferralDocument[] {
  return [...deal.referrals]
    .filter(([, own]) => own === leg)
    .flatMap(([id]) => find(id) ?? [])
    .filter((document) => !isClosed(document));
}
