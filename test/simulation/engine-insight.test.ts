import { expect, test } from "vitest";
import type { Pair } from "../../src/sync/pair/pair.ts";
import { createWitness } from "./check/witness.ts";
import { recordOf } from "./engine-insight.ts";
import { createLedgerMirror, type LedgerMirror } from "./ledger-mirror.ts";
import { checkLinkedPairs } from "./linked-pairs.ts";
import { generateSchedule } from "./schedule/generate.ts";
import type { Settings } from "./schedule/schedule.ts";
import { createDealBook, type Deal } from "./world/deal-book.ts";
import type { ReferralDocument } from "./world/referral-document.ts";
import type { World } from "./world/world.ts";

const at = 1;
const pair = {
  id: "p",
  revision: 1,
  state: "in-step",
  role: "deal",
  origin: "crm",
  referral: { id: "r", shadow: {} },
  crm: { id: "c", shadow: {} },
  parked: {},
  refusals: [],
} as unknown as Pair;

function dealOfBook(book = createDealBook()): Deal {
  const deal = book.open(0, "org-0", 0);
  book.addCrmRecord(deal, "c");
  book.addReferral(deal, { id: "r" } as ReferralDocument);
  return deal;
}

function mirrorWith(history: Parameters<LedgerMirror["apply"]>[0]["history"]): LedgerMirror {
  const mirror = createLedgerMirror();
  mirror.apply({ pairs: [pair], history: history ?? [] });
  return mirror;
}

test("an answer gives up the value of the side that wasn't chosen, and no other", () => {
  const deal = dealOfBook();
  const fields = [{ field: "notes", referral: "theirs", crm: "ours" }];
  const mirror = mirrorWith([{ pairId: "p", at, kind: "resolved", fields, note: "crm" }]);
  const given = (value: string, side: "crm" | "referrals") =>
    recordOf(deal, mirror, "notes", value, side);
  expect(given("theirs", "referrals")).toBe("person");
  expect(given("ours", "crm")).toBeUndefined();
  expect(given("ours", "referrals")).toBeUndefined();
  expect(recordOf(deal, mirror, "name", "theirs", "referrals")).toBeUndefined();
});

test("who undoes a write gives up what it had written, not what comes back", () => {
  const fields = [{ field: "notes", from: "written", to: "before" }];
  const mirror = mirrorWith([{ pairId: "p", at, kind: "undone", side: "crm", fields }]);
  expect(recordOf(dealOfBook(), mirror, "notes", "written", "crm")).toBe("person");
  expect(recordOf(dealOfBook(), mirror, "notes", "before", "crm")).toBeUndefined();
});

test("a question that answered itself is nobody's answer", () => {
  const mirror = mirrorWith([]);
  const item = { id: "conflict:p:notes", kind: "conflict", pairId: "p", field: "notes" } as const;
  const values = { referral: "theirs", crm: "ours", sentence: "", openedAt: at };
  mirror.apply({ inbox: [{ ...item, ...values, resolvedAt: at, resolution: "both sides agree" }] });
  expect(recordOf(dealOfBook(), mirror, "notes", "theirs", "referrals")).toBeUndefined();
});

function found(
  change: Partial<Pair>,
  crmNotes: string,
  book = createDealBook(),
  settings: Partial<Settings> = {},
): string[] {
  if (book.deals.size === 0) dealOfBook(book);
  const witness = createWitness(generateSchedule(1, "memory"), () => 0, book);
  const mirror = createLedgerMirror();
  mirror.apply({ pairs: [{ ...pair, ...change }] });
  const fields = { description: crmNotes, stage: "Working" };
  const document = { details: { notes: "a" }, status: "Active", substatus: "Accepted" };
  const world = {
    book,
    schedule: { settings },
    referrals: { find: () => ({ document }) },
    organisations: [{ name: "org-0", crm: { find: () => ({ fields, isDeleted: false }) } }],
  } as unknown as World;
  checkLinkedPairs(world, mirror, witness);
  return witness.violations.map(({ what }) => what);
}

test("a linked pair that rests unequal must say so itself", () => {
  const unequal = ["pair p: notes is a in the referral and b in the CRM"];
  expect(found({}, "a")).toEqual([]);
  expect(found({}, "b")).toEqual(unequal);
  // Parked for a question that isn't open.
  expect(found({ parked: { notes: { reason: "conflict", at } } }, "b")).toEqual(unequal);
  expect(found({ parked: { notes: { reason: "operator", at } } }, "b")).toEqual([]);
});

test("where a referral shows its deal's id, it shows the right one", () => {
  const showing = { showsDealId: true } as const;
  const unshown = ["pair p: the referral shows the deal id undefined, not c"];
  expect(found({}, "a", undefined, showing)).toEqual(unshown);
  const asked = { parked: { dealId: { reason: "operator" as const, at } } };
  expect(found(asked, "a", undefined, showing)).toEqual([]);
});

test("a pair of two deals' records is reported", () => {
  const book = createDealBook();
  book.addReferral(book.open(0, "org-0", 0), { id: "r" } as ReferralDocument);
  book.addCrmRecord(book.open(1, "org-0", 0), "c");
  expect(found({}, "a", book)).toEqual(["pair p: links deal 0 with deal 1"]);
});
