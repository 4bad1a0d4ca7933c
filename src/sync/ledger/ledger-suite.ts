import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Pair } from "../pair/pair.ts";
import type { Priority } from "../run/runner.ts";
import { type HistoryEntry, type InboxItem, type Ledger, LedgerConflict } from "./ledger-port.ts";

/** One implementation under test; `close` releases what it holds. */
export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** A second ledger for another connection in the same store; absent where a store holds one. */
  readonly other?: Ledger;
  close(): Promise<void>;
}

const side = (id: string, values: Record<string, unknown> = {}) => ({
  id,
  version: `"v-${id}"`,
  stamp: "2026-01-01T00:00:00.1234567Z",
  document: values,
  shadow: { name: "agreed" },
  changes: {},
  lookedAt: 5,
  epoch: 1,
  presence: "present" as const,
});

/** A pair with the parts that the ledger searches by. */
function pair(id: string, more: Partial<Pair> = {}): Pair {
  return {
    id,
    revision: 0,
    state: "in-step",
    role: "deal",
    origin: "crm",
    look: {},
    parked: {},
    decisions: {},
    refusals: [],
    recentWrites: {},
    epoch: 1,
    createdAt: 1,
    ...more,
  } as Pair;
}

const due = (at: number, priority: Priority) => ({ due: { at, priority } });
const seen = (pairId: string, at = 1): Omit<HistoryEntry, "sequence"> => ({
  pairId,
  at,
  kind: "seen",
  side: "crm",
  fields: [{ field: "name", to: "Ünïcode 'quoted' \u{1F680}" }],
});
const question = (id: string, openedAt: number, more: Partial<InboxItem> = {}): InboxItem => ({
  id,
  kind: "conflict",
  openedAt,
  sentence: "Which one?",
  ...more,
});

/** What every ledger promises. */
export function ledgerSuite(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`the ledger ${name}`, () => {
    let subject: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(async () => {
      subject = await open();
      ledger = subject.ledger;
    });
    afterEach(() => subject.close());

    const store = async (...pairs: readonly Pair[]): Promise<void> => ledger.commit({ pairs });
    const stored = async (id: string): Promise<Pair> => {
      const found = await ledger.pair(id);
      if (!found) throw new Error(`no pair ${id}`);
      return found;
    };

    test("gives back what was stored, with the next revision", async () => {
      const before = pair("a", { referral: side("r1", { name: "Ä \u0000?" }) } as Partial<Pair>);
      await store(before);
      expect(await ledger.pair("a")).toEqual({ ...before, revision: 1 });
      expect(await ledger.pair("b")).toBeUndefined();
    });

    test("refuses a pair that was stored by another since it was read, and stores nothing of that change", async () => {
      await store(pair("a"));
      const first = await stored("a");
      await store({ ...first, state: "paused" });
      const late = ledger.commit({
        pairs: [pair("b"), { ...first, state: "dead" }],
        history: [seen("a")],
        inbox: [question("q", 1)],
      });
      await expect(late).rejects.toBeInstanceOf(LedgerConflict);
      expect((await stored("a")).state).toBe("paused");
      expect(await ledger.pair("b")).toBeUndefined();
      expect(await ledger.history("a")).toEqual([]);
      expect(await ledger.inboxItem("q")).toBeUndefined();
    });

    test("refuses a second new pair of one id, and a change of a pair that is gone", async () => {
      await store(pair("a"));
      await expect(store(pair("a"))).rejects.toBeInstanceOf(LedgerConflict);
      const old = await stored("a");
      await ledger.commit({ removed: [old] });
      await expect(store(old)).rejects.toBeInstanceOf(LedgerConflict);
      await expect(ledger.commit({ removed: [old] })).rejects.toBeInstanceOf(LedgerConflict);
    });

    test("lets no two pairs have one referral or one record", async () => {
      await store(pair("a", { referral: side("r1"), crm: side("c1") } as Partial<Pair>));
      const sameReferral = pair("b", { referral: side("r1") } as Partial<Pair>);
      const sameRecord = pair("b", { crm: side("c1") } as Partial<Pair>);
      await expect(store(sameReferral)).rejects.toBeInstanceOf(LedgerConflict);
      await expect(store(sameRecord)).rejects.toBeInstanceOf(LedgerConflict);
      const joined = pair("b", { referral: side("r1"), crm: side("c1") } as Partial<Pair>);
      await ledger.commit({ removed: [await stored("a")], pairs: [joined] });
      expect((await ledger.pairsByReferral(["r1", "none"])).get("r1")?.id).toBe("b");
    });

    test("finds pairs by referral, record, engagement, match key and claim", async () => {
      const ids = Array.from({ length: 1_200 }, (_unused, index) => `r${index}`);
      await store(
        ...ids.map((id) => pair(`p-${id}`, { referral: side(id) } as Partial<Pair>)),
        pair("x", {
          crm: side("c"),
          engagementId: "e",
          matchKey: "m",
          claim: "k",
        } as Partial<Pair>),
        pair("y", { engagementId: "e" } as Partial<Pair>),
      );
      expect((await ledger.pairsByReferral(ids)).size).toBe(1_200);
      expect([...(await ledger.pairsByRecord(["c"])).keys()]).toEqual(["c"]);
      const engagement = await ledger.pairsOfEngagement("e");
      expect(engagement.map((one) => one.id).sort()).toEqual(["x", "y"]);
      expect((await ledger.pairsByMatchKey("m")).map((one) => one.id)).toEqual(["x"]);
      expect((await ledger.pairsByClaim("k")).map((one) => one.id)).toEqual(["x"]);
    });

    test("lists pairs by id in pages, by state and by words in any case", async () => {
      await store(
        pair("a", { referral: side("r1", { name: "Fünf 100%_Wahl" }) } as Partial<Pair>),
        pair("b", { state: "dead" }),
        pair("c", { state: "dead", matchKey: "contoso" }),
      );
      const idsOf = async (query: Parameters<Ledger["pairs"]>[0]) =>
        (await ledger.pairs(query)).map((one) => one.id);
      expect(await idsOf({ limit: 2 })).toEqual(["a", "b"]);
      expect(await idsOf({ limit: 2, after: "b" })).toEqual(["c"]);
      expect(await idsOf({ limit: 9, states: ["dead"] })).toEqual(["b", "c"]);
      expect(await idsOf({ limit: 9, states: [] })).toEqual([]);
      expect(await idsOf({ limit: 9, text: "CONTOSO" })).toEqual(["c"]);
      expect(await idsOf({ limit: 9, text: "FÜNF 100%_" })).toEqual(["a"]);
      expect(await idsOf({ limit: 9, text: "100__" })).toEqual([]);
      expect(await ledger.countByState()).toEqual({ "in-step": 1, dead: 2 });
      const revisions = await ledger.pairRevisions({ after: "a", limit: 9 });
      expect(revisions).toEqual([
        { pairId: "b", revision: (await ledger.pair("b"))?.revision },
        { pairId: "c", revision: (await ledger.pair("c"))?.revision },
      ]);
    });

    test("names due pairs by class, then by age, and the next moment", async () => {
      expect(await ledger.nextDueAt()).toBeUndefined();
      await store(
        pair("late", due(10, "backfill")),
        pair("old", due(5, "outbound")),
        pair("new", due(9, "outbound")),
        pair("person", due(20, "interactive")),
        pair("rest"),
      );
      const ids = async (now: number, limit = 9) =>
        (await ledger.due(now, limit)).map((one) => one.pairId);
      expect(await ids(4)).toEqual([]);
      expect(await ids(15)).toEqual(["old", "new", "late"]);
      expect(await ids(20)).toEqual(["person", "old", "new", "late"]);
      expect(await ids(20, 2)).toEqual(["person", "old"]);
      expect(await ledger.nextDueAt()).toBe(5);
      const { due: _done, ...rest } = await stored("old");
      await store(rest as Pair);
      expect(await ids(15)).toEqual(["new", "late"]);
    });

    test("appends history in commit order and never changes it", async () => {
      await ledger.commit({ history: [seen("a", 1), seen("b", 2)] });
      await ledger.commit({ history: [seen("a", 3)] });
      const all = await ledger.historySince(0, 9);
      expect(all.map((entry) => [entry.sequence, entry.pairId])).toEqual([
        [1, "a"],
        [2, "b"],
        [3, "a"],
      ]);
      expect(all[0]).toEqual({ ...seen("a", 1), sequence: 1 });
      expect((await ledger.historySince(1, 1)).map((entry) => entry.sequence)).toEqual([2]);
      expect((await ledger.newestHistory(2)).map((entry) => entry.sequence)).toEqual([2, 3]);
      expect((await ledger.history("a", { after: 1 })).map((entry) => entry.at)).toEqual([3]);
      expect((await ledger.historyEntry(2))?.pairId).toBe("b");
      expect(await ledger.historyEntry(4)).toBeUndefined();
    });

    test("keeps questions by id, oldest first, open ones apart", async () => {
      await ledger.commit({
        inbox: [
          question("q2", 2, { pairId: "a" }),
          question("q1", 1),
          question("q3", 2, { kind: "match" }),
        ],
      });
      await ledger.commit({ inbox: [question("q1", 1, { resolvedAt: 7, resolution: "crm" })] });
      const ids = async (query: Partial<Parameters<Ledger["inbox"]>[0]>) =>
        (await ledger.inbox({ limit: 9, ...query })).map((item) => item.id);
      expect(await ids({})).toEqual(["q1", "q2", "q3"]);
      expect(await ids({ isOpen: true })).toEqual(["q2", "q3"]);
      expect(await ids({ isOpen: false })).toEqual(["q1"]);
      expect(await ids({ kinds: ["match"] })).toEqual(["q3"]);
      expect(await ids({ pairId: "a" })).toEqual(["q2"]);
      expect(await ids({ after: "q1", limit: 1 })).toEqual(["q2"]);
      expect((await ledger.inboxItem("q1"))?.resolution).toBe("crm");
    });

    test("stores the connection's state once per revision", async () => {
      const start = await ledger.connection();
      expect(start).toMatchObject({ revision: 0, awaitsApproval: "first-run" });
      await ledger.commit({ connection: { ...start, drift: 3 } });
      expect(await ledger.connection()).toMatchObject({ revision: 1, drift: 3 });
      await expect(ledger.commit({ connection: start })).rejects.toBeInstanceOf(LedgerConflict);
      const ahead = { ...start, revision: 9 };
      await expect(ledger.commit({ connection: ahead })).rejects.toBeInstanceOf(LedgerConflict);
    });

    test("counts what is sent, whatever the connection's state is stored with", async () => {
      const start = await ledger.connection();
      await ledger.commit({ connection: start });
      await ledger.commit({ isSending: true });
      await ledger.commit({ connection: { ...start, revision: 1 }, isSending: true });
      expect(await ledger.connection()).toMatchObject({ revision: 2, sends: 2 });
    });

    test("lets one of two workers change the budget", async () => {
      const state = {
        revision: 1,
        calls: [],
        limit: 95,
        blockedUntil: 0,
        adaptedAt: 0,
        waiting: {},
      };
      expect(await ledger.budget("tenant")).toBeUndefined();
      const first = await Promise.all([
        ledger.swapBudget("tenant", 0, state),
        ledger.swapBudget("tenant", 0, { ...state, limit: 50 }),
      ]);
      expect(first.filter(Boolean)).toHaveLength(1);
      expect(await ledger.swapBudget("tenant", 1, { ...state, revision: 2, limit: 7 })).toBe(true);
      expect(await ledger.swapBudget("tenant", 1, { ...state, revision: 2 })).toBe(false);
      expect((await ledger.budget("tenant"))?.limit).toBe(7);
    });

    test("keeps connections in one store apart", async () => {
      const { other } = subject;
      await ledger.commit({ pairs: [pair("a", due(1, "poll"))], history: [seen("a")] });
      if (!other) return;
      expect(await other.pair("a")).toBeUndefined();
      expect(await other.due(9, 9)).toEqual([]);
      expect(await other.historySince(0, 9)).toEqual([]);
      await other.commit({ pairs: [pair("a")], history: [seen("a")] });
      expect((await other.historySince(0, 9)).map((entry) => entry.sequence)).toEqual([1]);
    });
  });
}
