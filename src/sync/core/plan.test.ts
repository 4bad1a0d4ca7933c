import { expect, test } from "vitest";
import { checkMove, isFinal } from "../../contract/index.ts";
import type { FieldPolicy, Lens, MappedField } from "../../crm/mapping-port.ts";
import type { CrmValue } from "../../crm/port.ts";
import type { SeenChange, Side } from "../pair/pair.ts";
import { stateOfText } from "../pair/projection.ts";
import { mappedField } from "../small-world-suite.ts";
import { type Plan, type PlanInput, planFields } from "./plan.ts";
import { engineRules } from "./rules.ts";

/**
 * Upper case in the referral, lower case in the CRM: a side's own form never equals the other's.
 */
const caseLens: Lens = {
  name: "case",
  toCrm: (value) => ({ ok: true, value: value === null ? null : String(value).toLowerCase() }),
  toReferral: (value) => ({ ok: true, value: value === null ? null : String(value).toUpperCase() }),
  sameInCrm: (left, right) => left === right,
  sameInReferral: (left, right) => left === right,
};

const sideStates = ["absent", "same", "changed", "changed-equal", "deleted"] as const;
type SideCase = (typeof sideStates)[number];
const policies: readonly FieldPolicy[] = ["referral", "crm", "newest", "ask"];
const directions = ["both", "to-crm", "to-referral"] as const;
const lifecycleStates = [
  "New/Pending",
  "New/Received",
  "Active/Accepted",
  "Closed/Won",
  "Closed/Lost",
  "Closed/Declined",
  "Closed/Expired",
];
const newestCases = ["referral", "crm", "unknown"] as const;
const writes = ["patch", "never"] as const;

interface Case {
  readonly referral: SideCase;
  readonly crm: SideCase;
  readonly policy: FieldPolicy;
  readonly direction: (typeof directions)[number];
  readonly state: string;
  readonly newest: (typeof newestCases)[number];
  readonly write: (typeof writes)[number];
  readonly isHeld: boolean;
  readonly distrusts: boolean;
}

/** What was agreed and what is seen, in a form of neither side; `changed` differs by side. */
function neutral(side: Side, state: SideCase): { agreed: string | null; seen: string | null } {
  switch (state) {
    case "absent":
      return { agreed: null, seen: null };
    case "same":
      return { agreed: "old", seen: "old" };
    case "changed":
      return { agreed: "old", seen: `new in ${side}` };
    case "changed-equal":
      return { agreed: "old", seen: "new in both" };
    case "deleted":
      return { agreed: "old", seen: null };
  }
}

const own = (side: Side, value: string | null): CrmValue =>
  value === null ? null : side === "crm" ? value.toLowerCase() : value.toUpperCase();

const early: SeenChange = { after: 1_000, by: 2_000 };
const late: SeenChange = { after: 500_000, by: 501_000 };

function inputOf(one: Case, field: MappedField): PlanInput {
  const referral = neutral("referral", one.referral);
  const crm = neutral("crm", one.crm);
  const changeOf = (side: Side): SeenChange => (one.newest === side ? late : early);
  return {
    fields: [field],
    referral: {
      seen: { value: own("referral", referral.seen) },
      shadow: { value: own("referral", referral.agreed) },
      changes: { value: changeOf("referral") },
    },
    crm: {
      seen: { value: own("crm", crm.seen) },
      shadow: { value: own("crm", crm.agreed) },
      changes: { value: changeOf("crm") },
    },
    state: stateOfText(one.state),
    context: { referral: {}, crm: {} },
    parked: {},
    decisions: {},
    policies: {},
    mayShareContacts: () => true,
    isHeld: one.isHeld,
    hasLeftHolding: false,
    distrustsShadows: one.distrusts,
    newestSkewMs: 5_000,
    rules: engineRules,
  };
}

type Outcome = "nothing" | "adopt" | "ask" | "refuse" | "write to crm" | "write to referral";

/** The same decisions once more, from the table's own words. */
function expected(one: Case): { readonly outcome: Outcome; readonly loser?: Side } {
  const referral = neutral("referral", one.referral);
  const crm = neutral("crm", one.crm);
  const isEqual = referral.seen === crm.seen;
  const hasChanged = {
    referral: referral.seen !== referral.agreed,
    crm: crm.seen !== crm.agreed,
  };
  const carry = (from: Side): Outcome => {
    if (isEqual) return "adopt";
    if (from === "referral") return "write to crm";
    if (one.isHeld) return "nothing";
    return one.write === "never" || one.state.startsWith("Closed") ? "refuse" : "write to referral";
  };
  if (one.distrusts) return { outcome: isEqual ? "adopt" : "ask" };
  if (one.direction !== "both") {
    const from: Side = one.direction === "to-crm" ? "referral" : "crm";
    const to: Side = from === "crm" ? "referral" : "crm";
    if (!hasChanged[from]) return { outcome: "nothing" };
    const outcome = carry(from);
    return outcome.startsWith("write") && hasChanged[to] ? { outcome, loser: to } : { outcome };
  }
  if (!hasChanged.referral && !hasChanged.crm) return { outcome: "nothing" };
  if (hasChanged.referral !== hasChanged.crm) {
    return { outcome: carry(hasChanged.referral ? "referral" : "crm") };
  }
  if (isEqual) return { outcome: "adopt" };
  const newest = one.newest === "unknown" ? undefined : one.newest;
  const byPolicy = { referral: "referral", crm: "crm", newest, ask: undefined } as const;
  const winner = byPolicy[one.policy];
  if (winner === undefined) return { outcome: "ask" };
  const outcome = carry(winner);
  return outcome.startsWith("write")
    ? { outcome, loser: winner === "crm" ? "referral" : "crm" }
    : { outcome };
}

function found(plan: Plan): { readonly outcome: Outcome; readonly loser?: Side } {
  const outcomes: Outcome[] = [
    ...plan.agreements.map(() => "adopt" as const),
    ...plan.conflicts.map(() => "ask" as const),
    ...plan.refusals.map(() => "refuse" as const),
    ...plan.toCrm.map(() => "write to crm" as const),
    ...plan.toReferral.map(() => "write to referral" as const),
  ];
  if (outcomes.length > 1) throw new Error(`several outcomes: ${outcomes.join(", ")}`);
  const loser = plan.losers[0]?.side;
  return { outcome: outcomes[0] ?? "nothing", ...(loser ? { loser } : {}) };
}

function* cases(): Iterable<Case> {
  for (const referral of sideStates)
    for (const crm of sideStates)
      for (const policy of policies)
        for (const direction of directions)
          for (const state of lifecycleStates)
            for (const newest of newestCases)
              for (const write of writes)
                for (const isHeld of [false, true])
                  for (const distrusts of [false, true])
                    yield {
                      referral,
                      crm,
                      policy,
                      direction,
                      state,
                      newest,
                      write,
                      isHeld,
                      distrusts,
                    };
}

const caseCount =
  sideStates.length ** 2 *
  policies.length *
  directions.length *
  lifecycleStates.length *
  newestCases.length *
  writes.length *
  4;

test(`every one of ${caseCount} combinations of field states, policy, direction and lifecycle is decided as the table says`, () => {
  let seen = 0;
  for (const one of cases()) {
    const field = mappedField("value", {
      lens: caseLens,
      policy: one.policy,
      direction: one.direction,
      referralWrite: one.write,
    });
    const plan = planFields(inputOf(one, field));
    const wanted = expected(one);
    const got = found(plan);
    if (got.outcome !== wanted.outcome || got.loser !== wanted.loser) {
      expect({ ...one, ...got }).toEqual({ ...one, ...wanted });
    }
    const referral = neutral("referral", one.referral).seen;
    const crm = neutral("crm", one.crm).seen;
    for (const { value, source } of plan.toCrm) {
      expect([value, source]).toEqual([own("crm", referral), own("referral", referral)]);
    }
    for (const { value, source } of plan.toReferral) {
      expect([value, source]).toEqual([own("referral", crm), own("crm", crm)]);
    }
    seen += 1;
  }
  expect(seen).toBe(caseCount);
});

const statusField = mappedField("status", {
  referralPath: "/status",
  lens: caseLens,
  policy: "crm",
});
test(`each of ${lifecycleStates.length ** 2} moves of a deal's stage is sent or refused as the lifecycle says`, () => {
  const exactLens: Lens = {
    ...caseLens,
    toReferral: (value) => ({
      ok: true,
      value: lifecycleStates.find((one) => one.toLowerCase() === value) ?? null,
    }),
  };
  for (const from of lifecycleStates) {
    for (const to of lifecycleStates) {
      const input: PlanInput = {
        ...inputOf(aCase, { ...statusField, lens: exactLens }),
        referral: { seen: { status: from }, shadow: { status: from }, changes: {} },
        crm: {
          seen: { status: to.toLowerCase() },
          shadow: { status: from.toLowerCase() },
          changes: {},
        },
        state: stateOfText(from),
      };
      const plan = planFields(input);
      const isMove = from !== to;
      const isLegal = checkMove(stateOfText(from), stateOfText(to)).ok;
      expect(plan.toReferral.map(({ value }) => value)).toEqual(isMove && isLegal ? [to] : []);
      expect(plan.refusals).toHaveLength(isMove && !isLegal ? 1 : 0);
    }
  }
});

const aCase: Case = {
  referral: "same",
  crm: "same",
  policy: "crm",
  direction: "both",
  state: "Active/Accepted",
  newest: "unknown",
  write: "patch",
  isHeld: false,
  distrusts: false,
};

test("where both moved and the lifecycle forbids the deal's move, the referral's state wins and the loser is told", () => {
  const final = "Closed/Won";
  const plan = planFields({
    ...inputOf(aCase, statusField),
    referral: {
      seen: { status: "CLOSED/WON" },
      shadow: { status: "ACTIVE/ACCEPTED" },
      changes: {},
    },
    crm: { seen: { status: "closed/lost" }, shadow: { status: "active/accepted" }, changes: {} },
    state: stateOfText(final),
  });
  expect(isFinal(stateOfText(final))).toBe(true);
  expect(plan.toCrm.map(({ value }) => value)).toEqual(["closed/won"]);
  expect(plan.losers).toEqual([{ field: "status", side: "crm", value: "closed/lost" }]);
  expect(plan.refusals).toEqual([]);
});

test("a parked field is left alone, until both sides say the same", () => {
  const field = mappedField("value", { lens: caseLens, policy: "crm" });
  const parked = { value: { reason: "conflict", at: 1 } } as const;
  const asked = planFields({
    ...inputOf({ ...aCase, referral: "changed", crm: "changed" }, field),
    parked,
  });
  expect(found(asked)).toEqual({ outcome: "nothing" });
  const agreed = planFields({
    ...inputOf({ ...aCase, referral: "changed-equal", crm: "changed-equal" }, field),
    parked,
  });
  expect(found(agreed)).toEqual({ outcome: "adopt" });
  expect(agreed.released).toEqual(["value"]);
});

test("contact data leaves the CRM only with consent, and a missing required value is refused by name", () => {
  const contact = mappedField("value", { lens: caseLens, needsConsent: true, label: "Contact" });
  const input = inputOf({ ...aCase, crm: "changed" }, contact);
  expect(found(planFields(input)).outcome).toBe("write to referral");
  const withheld = planFields({ ...input, mayShareContacts: () => false });
  expect(withheld.refusals[0]?.reason).toContain("consent");
  const country = mappedField("value", { lens: caseLens, required: true, label: "Country" });
  const emptied = planFields(inputOf({ ...aCase, crm: "deleted" }, country));
  expect(emptied.refusals[0]?.reason).toContain("Country is empty");
});

test("an answer is carried out only over the values that the person saw", () => {
  const field = mappedField("value", { lens: caseLens });
  const input = inputOf({ ...aCase, referral: "changed", crm: "changed" }, field);
  const over = { referral: "NEW IN REFERRAL", crm: "new in crm" };
  const keepReferral = { value: { take: "referral", over } } as const;
  expect(found(planFields({ ...input, decisions: keepReferral })).outcome).toBe("write to crm");
  const moved = { ...input, crm: { ...input.crm, seen: { value: "newer still" } } };
  expect(found(planFields({ ...moved, decisions: keepReferral })).outcome).toBe("ask");
  const third = { value: { take: "value", value: "THIRD", over } } as const;
  const plan = planFields({ ...input, decisions: third });
  expect(plan.toReferral.map(({ value }) => value)).toEqual(["THIRD"]);
});

test("undo writes the old value on its side alone, and not over a later edit", () => {
  const field = mappedField("value", { lens: caseLens });
  const input = inputOf(aCase, field);
  const undo = { take: "undo", side: "referral", value: "BEFORE", instead: "OLD" } as const;
  const plan = planFields({ ...input, decisions: { value: undo } });
  expect(plan.toReferral.map(({ value }) => value)).toEqual(["BEFORE"]);
  expect(plan.toCrm).toEqual([]);
  const edited = inputOf({ ...aCase, referral: "changed" }, field);
  expect(found(planFields({ ...edited, decisions: { value: undo } })).outcome).toBe("refuse");
});

test("leaving the holding stage accepts the referral, whatever open stage the deal moves to", () => {
  const status = mappedField("status", { referralPath: "/status" });
  const waiting = {
    seen: { status: "New/Pending" },
    shadow: { status: "New/Pending" },
    changes: {},
  };
  const moved = {
    ...inputOf({ ...aCase, state: "New/Pending" }, status),
    referral: waiting,
    crm: waiting,
    hasLeftHolding: true,
  };
  expect(planFields(moved).toReferral.map(({ value }) => value)).toEqual(["Active/Accepted"]);
  const lost = { ...waiting, seen: { status: "Closed/Declined" } };
  const declined = planFields({ ...moved, crm: lost });
  expect(declined.toReferral.map(({ value }) => value)).toEqual(["Closed/Declined"]);
});
