import { expect, test } from "vitest";
import type { OperatorStatus } from "../../contract/index.ts";
import { statusText } from "./status.ts";

const quiet = {
  environment: "staging",
  now: 0,
  byState: { "in-step": 12 },
  words: { "in-step": "in step" },
  questions: 0,
  problems: 0,
  expiring: 0,
  isPaused: false,
  walks: { referrals: 0, crm: 0, audit: 0 },
  budget: { limit: 100, used: 0, byClass: {}, blockedUntil: 0 },
  staleness: { nowMs: 0, firstWrites: 0 },
  upstreams: [],
} as unknown as OperatorStatus;

const textOf = (more: Partial<OperatorStatus>): string =>
  statusText({ ...quiet, ...more }, 80, true);

test("nothing needs anybody only where nobody is alerted either", () => {
  expect(textOf({})).toContain("Nothing needs you.");
  const expiring = textOf({ expiring: 1 });
  expect(expiring).not.toContain("Nothing needs you.");
  expect(expiring).toContain("1 thing needs you.");
  expect(expiring).toContain("1 lead ends soon, and nobody has answered.");
  expect(textOf({ expiring: 2, questions: 3 })).toContain("5 things need you.");
});
