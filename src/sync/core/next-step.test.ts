import { expect, test } from "vitest";
import { createCallBudget } from "../budget/call-budget.ts";
import type { EngineContext } from "../engine-context.ts";
import { connectionAtStart } from "../ledger/ledger-queries.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import { newPair } from "../pair/new-pair.ts";
import type { Attempt, Creation, Pair, PairState, Side, SideState } from "../pair/pair.ts";
import { pairStates } from "../pair/pair.ts";
import { stateOf } from "../pair/pair-state.ts";
import { createProjection } from "../pair/projection.ts";
import { defaultSettings } from "../settings.ts";
import { manualClock, smallMapping } from "../small-world-suite.ts";
import { nextStep, type Step } from "./reconcile.ts";
import { engineRules } from "./rules.ts";

const clock = manualClock();
const context = {
  clock,
  random: { uuid: () => "id", fraction: () => 0, bytes: () => new Uint8Array() },
  mapping: smallMapping,
  projection: createProjection(smallMapping),
  settings: defaultSettings,
  rules: engineRules,
  budget: createCallBudget({
    clock,
    ledger: createMemoryLedger(),
    quotaOwner: "tenant",
    connectionId: "one",
    callsPerMinute: 100,
  }),
} as unknown as EngineContext;

/** `hinted`: named by a webhook, and never seen. */
type Presence = "absent" | "hinted" | "present" | "missing" | "deleted";

function side<Document>(presence: Presence, document: Document): SideState<Document> | undefined {
  if (presence === "absent") return undefined;
  const known = {
    id: "x",
    version: "1",
    stamp: "s",
    shadow: {},
    changes: {},
    lookedAt: 1,
    epoch: 1,
  };
  if (presence === "hinted") return { ...known, document: undefined, presence: "missing" };
  return { ...known, document, presence };
}

const attempt = (of: Side): Attempt => ({
  id: "a",
  side: of,
  at: 1,
  version: "1",
  writes: [{ field: "name", value: "v", old: null, source: "v" }],
  earlier: [],
  steps: {},
});

const problems = {
  none: undefined,
  waiting: { retryAt: 5 },
  dead: {},
} as const;

const referralPresences: readonly Presence[] = ["absent", "hinted", "present", "missing"];
const crmPresences: readonly Presence[] = ["absent", "present", "missing", "deleted"];
const roles = ["deal", "sibling", "double"] as const;
const looks = [undefined, "referral", "crm"] as const;
const attempts = [undefined, "referral", "crm"] as const;
const flags = [false, true];

interface Case {
  readonly pair: Pair;
  readonly mayWrite: boolean;
}

function* cases(): Iterable<Case> {
  const blank = newPair(context, "crm", 1);
  for (const referral of referralPresences)
    for (const crm of crmPresences)
      for (const isShared of flags)
        for (const role of roles)
          for (const look of looks)
            for (const of of attempts)
              for (const problem of Object.values(problems))
                for (const isPaused of flags)
                  for (const isAsking of flags)
                    for (const isEnded of flags)
                      for (const isCreating of flags)
                        for (const mayWrite of flags) {
                          const pair: Pair = {
                            ...blank,
                            role,
                            referral: side(referral, { status: "Active", type: "Shared" }) as never,
                            crm: side(crm, { share: isShared }) as never,
                            look: look ? { [look]: "hint" } : {},
                            attempt: of && attempt(of),
                            problem: problem as never,
                            paused: isPaused || undefined,
                            asks: isAsking ? "question" : undefined,
                            ended: isEnded ? "unlinked" : undefined,
                            creation: isCreating ? ({ tries: 1 } as Creation) : undefined,
                          };
                          yield { pair, mayWrite };
                        }
}

const total = 4 * 4 * 2 * 3 * 3 * 3 * 3 * 2 ** 5;
const writing: ReadonlySet<Step> = new Set([
  "apply-deletion",
  "close-double",
  "create-deal",
  "create-referral",
  "invite-microsoft",
]);

/** What must hold for any pair, in the table's own words; the rule that is broken, or undefined. */
function broken({ pair, mayWrite }: Case, step: Step): string | undefined {
  const { referral, crm } = pair;
  const isDead = pair.problem !== undefined && pair.problem.retryAt === undefined;
  const isLooking = step === "look-at-referral" || step === "look-at-deal";
  const rules: readonly (readonly [string, boolean])[] = [
    ["what has ended needs nothing", !pair.ended || step === "nothing"],
    ["who waits for a person writes nothing", !(pair.paused || pair.asks || isDead) || !acts(step)],
    ["without approval nothing is created or closed", mayWrite || !writing.has(step)],
    ["a side that must be read is read first", !mustLook(pair) || isLooking],
    [
      "only a known side is looked at",
      step !== "look-at-referral" || !!referral || !!pair.look.referral,
    ],
    ["only a referral that was seen is matched", step !== "match" || !!referral?.document],
    ["both sides are planned only when both were seen", step !== "update" || bothSeen(pair)],
    ["an unknown outcome is looked at before anything else", !mustRecover(pair) || isLooking],
    ["no deal is created for a referral that has one", step !== "create-deal" || !crm],
    ["no referral is created for a deal that has one", step !== "create-referral" || !referral],
    ["an unshared deal is never shared", step !== "create-referral" || isToCreate(pair)],
    ["only a deleted deal's referral is closed", step !== "apply-deletion" || isDeleted(pair)],
    ["a sibling is never matched or written", pair.role !== "sibling" || !acts(step)],
  ];
  return rules.find(([, holds]) => !holds)?.[0];
}

const acts = (step: Step): boolean => writing.has(step) || step === "update" || step === "match";
const mustLook = ({ ended, look }: Pair): boolean => !ended && Boolean(look.referral ?? look.crm);
const bothSeen = ({ referral, crm }: Pair): boolean =>
  referral?.presence === "present" && crm?.presence === "present";
const isDeleted = ({ crm }: Pair): boolean => crm?.presence === "deleted";
const isToCreate = ({ crm, creation }: Pair): boolean =>
  creation !== undefined || crm?.document?.share === true;

function mustRecover(pair: Pair): boolean {
  const isBlocked = pair.ended || pair.paused || pair.asks || pair.role === "sibling";
  const isDead = pair.problem !== undefined && pair.problem.retryAt === undefined;
  return (
    !isBlocked && !isDead && pair.attempt !== undefined && pair[pair.attempt.side] !== undefined
  );
}

test(`for each of ${total} rows the next step keeps the engine's rules, and the row is in one of the listed states`, () => {
  const seenStates = new Set<PairState>();
  const seenSteps = new Set<Step>();
  let seen = 0;
  for (const one of cases()) {
    const approval = one.mayWrite ? {} : { awaitsApproval: "first-run" as const };
    const connection = { ...connectionAtStart, awaitsApproval: undefined, ...approval };
    const step = nextStep(context, one.pair, connection);
    const rule = broken(one, step);
    if (rule) expect({ rule, step, pair: one.pair, mayWrite: one.mayWrite }).toBe("kept");
    seenStates.add(stateOf(one.pair));
    seenSteps.add(step);
    seen += 1;
  }
  expect(seen).toBe(total);
  for (const state of seenStates) expect(pairStates).toContain(state);
  expect(seenSteps.size).toBeGreaterThanOrEqual(9);
});
