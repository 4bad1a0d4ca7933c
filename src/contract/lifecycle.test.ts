import { describe, expect, test } from "vitest";
import {
  actions,
  answerWithinMs,
  checkMove,
  checkShareConsent,
  expiresAt,
  isExpired,
  isFinal,
  isStatePair,
  lifecycle,
  movesFrom,
  registrationRisk,
  type State,
} from "./lifecycle.ts";
import { statuses, substatuses } from "./referral.ts";

const stateOf = (text: string): State => {
  const [status = "", substatus = ""] = text.split("/");
  return { status, substatus };
};

// Written out in full on purpose: the table of lifecycle.ts is what is tested.
const allowedMoves: Readonly<Record<string, readonly string[]>> = {
  "New/Pending": [
    "New/Pending",
    "New/Received",
    "Active/Accepted",
    "Closed/Won",
    "Closed/Lost",
    "Closed/Declined",
    "Closed/Expired",
  ],
  "New/Received": [
    "New/Pending",
    "New/Received",
    "Active/Accepted",
    "Closed/Won",
    "Closed/Lost",
    "Closed/Declined",
    "Closed/Expired",
  ],
  "Active/Accepted": [
    "Active/Accepted",
    "Closed/Won",
    "Closed/Lost",
    "Closed/Declined",
    "Closed/Expired",
  ],
  "Closed/Won": [],
  "Closed/Lost": [],
  "Closed/Declined": [],
  "Closed/Expired": [],
};

const combinations = statuses.flatMap((status) =>
  substatuses.map((substatus) => `${status}/${substatus}`),
);

test("of the 32 combinations of status and substatus, 7 are states and 4 of them final", () => {
  expect(combinations).toHaveLength(32);
  const states = combinations.filter((text) => isStatePair(stateOf(text)));
  expect(states.sort()).toEqual(Object.keys(allowedMoves).sort());
  expect(states.filter((text) => isFinal(stateOf(text)))).toHaveLength(4);
});

test("of all 1024 moves between combinations, exactly 19 are allowed", () => {
  let checked = 0;
  let allowed = 0;
  for (const from of combinations) {
    for (const to of combinations) {
      const verdict = checkMove(stateOf(from), stateOf(to));
      const expected = allowedMoves[from]?.includes(to) ?? false;
      expect(verdict.ok, `${from} → ${to}`).toBe(expected);
      if (!verdict.ok) {
        expect(verdict.code).toBe(from.startsWith("Closed/") ? "finalState" : "illegalTransition");
        expect(verdict.sentence).toContain(from);
      }
      checked += 1;
      allowed += verdict.ok ? 1 : 0;
    }
  }
  expect([checked, allowed]).toEqual([1024, 19]);
});

test("the moves offered are those that are allowed", () => {
  for (const from of combinations) {
    const offered = movesFrom(stateOf(from)).map(
      ({ status, substatus }) => `${status}/${substatus}`,
    );
    expect(offered).toEqual(allowedMoves[from] ?? []);
  }
});

test("a refusal says from where, to where, and what else is possible", () => {
  expect(checkMove(stateOf("Active/Accepted"), stateOf("New/Received"))).toEqual({
    ok: false,
    code: "illegalTransition",
    sentence:
      "A referral can't go from Active/Accepted to New/Received: from there it may become " +
      "Active/Accepted, Closed/Won, Closed/Lost, Closed/Declined, Closed/Expired.",
  });
  expect(checkMove(stateOf("Parked/ForNow"), stateOf("Active/Accepted"))).toMatchObject({
    ok: false,
    code: "illegalTransition",
    sentence: expect.stringContaining("Parked/ForNow is no state that the lifecycle knows"),
  });
});

test("every status that another may become is in the table, and every action is a state", () => {
  for (const { mayBecome } of Object.values(lifecycle)) {
    for (const status of mayBecome) expect(lifecycle).toHaveProperty(status);
  }
  for (const state of Object.values(actions)) expect(isStatePair(state)).toBe(true);
});

test("names that every object has are no statuses", () => {
  expect(isStatePair({ status: "constructor", substatus: "name" })).toBe(false);
  expect(isFinal({ status: "toString" })).toBe(false);
  expect([isFinal({}), isFinal({ status: null })]).toEqual([false, false]);
});

describe("expiry", () => {
  const createdDateTime = "2026-03-01T10:00:00.1234567Z";
  const created = Date.parse("2026-03-01T10:00:00.123Z");
  const dayMs = 86_400_000;

  test("comes 14 days after the creation of a referral that is still new", () => {
    expect(answerWithinMs).toBe(14 * dayMs);
    const referral = { status: "New", createdDateTime };
    expect(expiresAt(referral)).toBe(created + 14 * dayMs);
    expect(isExpired(referral, created + 14 * dayMs - 1)).toBe(false);
    expect(isExpired(referral, created + 14 * dayMs)).toBe(true);
  });

  test("follows the server's own date where there is one", () => {
    const referral = { status: "New", createdDateTime, expirationDateTime: "2026-03-04T00:00:00Z" };
    expect(expiresAt(referral)).toBe(Date.parse("2026-03-04T00:00:00Z"));
  });

  test("doesn't come once the referral is answered, nor without a date", () => {
    expect(isExpired({ status: "Active", createdDateTime }, created + 99 * dayMs)).toBe(false);
    expect(isExpired({ status: "Closed", createdDateTime }, created + 99 * dayMs)).toBe(false);
    expect(isExpired({ status: "New" }, created)).toBe(false);
    expect(isExpired({ status: "New", createdDateTime: "soon" }, created)).toBe(false);
  });
});

test("of the nine changes of the share consent, only those that withdraw it are refused", () => {
  const values = [true, false, null] as const;
  const refused = values.flatMap((from) =>
    values.filter((to) => !checkShareConsent(from, to).ok).map((to) => [from, to]),
  );
  expect(refused).toEqual([
    [true, false],
    [true, null],
  ]);
  expect(checkShareConsent(true, false)).toMatchObject({ code: "shareConsentIrreversible" });
});

test("a win within 72 hours of the creation puts the registration at risk", () => {
  const createdDateTime = "2026-03-01T10:00:00Z";
  const safeFromMs = Date.parse("2026-03-04T10:00:00Z");
  expect(registrationRisk({ createdDateTime }, safeFromMs - 1)).toEqual({ safeFromMs });
  expect(registrationRisk({ createdDateTime }, safeFromMs)).toBeUndefined();
  expect(registrationRisk({}, safeFromMs)).toBeUndefined();
});
