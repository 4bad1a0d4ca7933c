import { ReferralsError } from "../../src/contract/index.ts";
import { engineRules } from "../../src/sync/core/rules.ts";
import type { BudgetState } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import { compareStamps, laterStamp } from "../../src/sync/pair/stamps.ts";
import {
  type SeededBug,
  withBudgetRow,
  withMethods,
  withPairs,
  withReferrals,
  withRules,
  withSettings,
} from "./seeded-bug.ts";
import { bugsAround } from "./seeded-bugs-around.ts";

const has = (error: unknown, code: string): boolean =>
  error instanceof ReferralsError && error.code === code;

/** The engine's own safeguards, in the order of its steps: observe, plan, act, create, spend. */
const engineBugs: readonly SeededBug[] = [
  {
    name: "cursor without overlap",
    family: "lists",
    safeguard: "a walk goes back behind its cursor, because lists lag",
    invariant: "converges or an inbox item is open",
    sabotage: withRules(() => ({ walkUntil: (cursor) => cursor.stamp })),
  },
  {
    name: "cursor without tie-break",
    family: "lists",
    safeguard: "another version under the same stamp is read",
    invariant: "converges or an inbox item is open",
    sabotage: withRules((whole) => ({
      orderOf: (seen, observed, source) =>
        source !== "proof" && compareStamps(observed.stamp, seen.stamp) === 0
          ? "same"
          : whole.orderOf(seen, observed, source),
    })),
  },
  {
    name: "cursor advanced before the walk landed",
    family: "lists",
    safeguard: "the cursor moves only with the last page",
    invariant: "converges or an inbox item is open",
    sabotage: withRules(() => ({
      cursorAfterPage: ({ cursor, newest, startedAt }) => ({
        stamp: laterStamp(cursor.stamp, newest),
        walkedAt: startedAt,
      }),
    })),
  },
  {
    name: "own clock as cursor",
    family: "lists",
    safeguard: "the cursor is the server's stamp",
    invariant: "converges or an inbox item is open",
    sabotage: withRules(() => ({
      cursorAfterPage: ({ cursor, isLast, startedAt }) =>
        isLast ? { stamp: new Date(startedAt).toISOString(), walkedAt: startedAt } : cursor,
    })),
  },
  {
    name: "list trusted over get",
    family: "lists",
    safeguard: "an older stamp in a list is no news",
    invariant: "no lost update",
    sabotage: withRules((whole) => ({
      orderOf: (seen, observed, source) =>
        source === "list" && observed.version !== seen.version
          ? "newer"
          : whole.orderOf(seen, observed, source),
    })),
  },
  {
    name: "version of something unmapped not adopted",
    family: "calm",
    safeguard: "the next write names the version that was read last, whatever it stands for",
    invariant: "bounded staleness",
    sabotage: withRules(() => ({ versionSeenAgain: ({ version }) => version })),
  },
  {
    name: "webhook trusted for order",
    safeguard: "a hint is a reason to look, not to believe",
    invariant: "redelivery is a no-op",
    sabotage: withRules(() => ({ isHintNews: () => true })),
  },
  {
    name: "absence taken for deletion",
    safeguard: "only an explicit deletion counts",
    invariant: "no resurrection, no delete from absence",
    sabotage: withRules(() => ({ isDeletion: () => true })),
  },
  {
    name: "shared shadow",
    family: "calm",
    safeguard: "each side keeps its own form of what was agreed",
    invariant: "zero writes at rest",
    sabotage: withRules(() => ({ ownShadow: (_own, translated) => translated() })),
  },
  {
    name: "shadow taken from the request",
    family: "calm",
    safeguard: "what was stored is agreed, not what was sent",
    invariant: "zero writes at rest",
    sabotage: withRules(() => ({ agreedValue: (sent) => sent })),
  },
  {
    name: "newest by foreign clocks",
    family: "calm",
    safeguard: "the order of edits is judged by our own clock",
    invariant: "no lost update",
    sabotage: withRules((_whole, { settings }) => ({
      newest: (referral, crm) =>
        referral.by + settings.referralsSkewMs > crm.by + settings.crmSkewMs ? "referral" : "crm",
    })),
  },
  {
    name: "lifecycle unchecked",
    safeguard: "illegal moves are refused before a call is spent",
    invariant: "no write is refused as invalid",
    sabotage: withRules(() => ({ mayMove: () => ({ ok: true }) })),
  },
  {
    name: "consent unchecked",
    safeguard: "contact data needs the customer's consent",
    invariant: "contact data leaves only with consent",
    sabotage: withRules(() => ({ mayShareContacts: () => true })),
  },
  {
    name: "breaker removed",
    safeguard: "a field that is written over and over is stopped",
    invariant: "no flip-flop",
    sabotage: withSettings(({ breaker }) => ({
      breaker: { ...breaker, writes: 1_000, writesOneWay: 1_000 },
    })),
  },
  {
    name: "brake removed",
    safeguard: "many deletions in an hour ask a person",
    invariant: "no resurrection, no delete from absence",
    sabotage: withRules(() => ({ deletionsPerHour: () => Number.POSITIVE_INFINITY })),
  },
  {
    name: "If-Match omitted",
    safeguard: "a write demands the version that it was planned from",
    invariant: "no lost update",
    sabotage: withRules(() => ({ precondition: () => "*" })),
  },
  {
    name: "412 retried blindly",
    safeguard: "a stale write is planned anew",
    invariant: "no lost update",
    sabotage: withReferrals((port) => ({
      patch: async (id, operations, options) => {
        try {
          return await port.patch(id, operations, options);
        } catch (error) {
          if (!has(error, "preconditionFailed") && !has(error, "resourceModified")) throw error;
          return port.patch(id, operations, { ...options, ifMatch: "*" });
        }
      },
    })),
  },
  {
    name: "no attempt memo",
    safeguard: "a write is on record before it is sent",
    invariant: "no lost update",
    sabotage: withPairs(({ attempt: _attempt, ...pair }) => pair as Pair),
  },
  {
    name: "no create intent",
    safeguard: "a create is on record before it is sent",
    invariant: "at most one live record per pair and side",
    sabotage: withPairs(({ creation: _creation, ...pair }) => pair as Pair),
  },
  {
    name: "no probe",
    safeguard: "after an unknown outcome the referral is looked for",
    invariant: "at most one live record per pair and side",
    sabotage: withRules(() => ({ isSameCreation: () => false })),
  },
  {
    name: "probe without settle delay",
    safeguard: "a late request is given time to land and to be listed before the look",
    invariant: "at most one live record per pair and side",
    sabotage: withSettings(({ cursorOverlapMs }) => ({ probeSettleMs: -cursorOverlapMs })),
  },
  {
    name: "siblings taken for doubles",
    safeguard: "referrals of one engagement are never doubles",
    invariant: "at most one live record per pair and side",
    sabotage: () => ({
      environment: (environment) => ({
        ...environment,
        rules: {
          ...engineRules,
          isDouble: (one, other) =>
            one.id !== other.id && one.externalReferenceId === other.externalReferenceId,
        },
        ledger: withMethods(environment.ledger, { pairsOfEngagement: async () => [] }),
      }),
    }),
  },
  {
    name: "budget not persisted",
    family: "tight",
    safeguard: "a call is counted durably before it is made",
    invariant: "never more than N calls in any 60 s window, across restarts",
    sabotage: () => ({
      environment: (environment) => withBudgetRow(environment, { state: undefined }),
    }),
  },
  {
    name: "budget per worker",
    family: "tight",
    safeguard: "all connections of a tenant draw on one row",
    invariant: "never more than N calls in any 60 s window, across restarts",
    sabotage: () => {
      const rows = new Map<string, { state: BudgetState | undefined }>();
      return {
        environment: (environment, { organisation }) => {
          const row = rows.get(organisation) ?? { state: undefined };
          rows.set(organisation, row);
          return withBudgetRow(environment, row);
        },
      };
    },
  },
  {
    name: "restore without epoch",
    safeguard: "a restored database is noticed",
    invariant: "no lost update",
    sabotage: () => ({
      environment: ({ witness: _witness, ...environment }) => environment,
    }),
  },
  {
    name: "undo without parking",
    safeguard: "an undone field is left alone until a person decides",
    invariant: "no lost update",
    sabotage: withRules(() => ({ parksAfterUndo: false })),
  },
  {
    name: "history not written",
    safeguard: "what is agreed is on record in the same commit",
    invariant: "history replays",
    sabotage: () => ({
      tampering: {
        commit: (change) => ({
          ...change,
          history: (change.history ?? []).filter(({ kind, at }) => kind !== "agreed" || at % 3 > 0),
        }),
      },
    }),
  },
];

/** Every seeded bug. */
export const seededBugs: readonly SeededBug[] = [...engineBugs, ...bugsAround];
