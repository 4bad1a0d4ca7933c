import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { createCallBudget } from "./call-budget.ts";
import { ReferralsClient } from "./referrals-client.ts";
import {
  jumpingClock,
  numberedCredential,
  type Step,
  scriptedHttp,
  storedReferral,
} from "./testing/scripted-world.ts";

const ok: Step = { status: 200, body: storedReferral("r1") };

function budgeted(callsPerWindow: number, ...steps: readonly Step[]) {
  const clock = jumpingClock();
  const callBudget = createCallBudget({ clock, callsPerWindow, share: 1 });
  const { http, requests } = scriptedHttp(...steps);
  const sentAt: number[] = [];
  const client = new ReferralsClient({
    credential: numberedCredential(clock),
    clock,
    callBudget,
    random: seededRandom(1),
    http: async (request) => {
      sentAt.push(clock.now());
      clock.advance(2_000);
      return http(request);
    },
  });
  return { client, callBudget, clock, requests, sentAt };
}

test("a call that the budget has no room for waits until one window after an answer", async () => {
  const { client, sentAt } = budgeted(1, ok, ok);
  await client.getReferral("r1");
  await client.getReferral("r1");
  expect((sentAt[1] ?? 0) - (sentAt[0] ?? 0)).toBe(2_000 + 60_000);
});

test("a repeated call is counted each time", async () => {
  const { client, callBudget } = budgeted(10, { status: 503 }, "timeout", ok);
  await client.getReferral("r1");
  expect(callBudget.available).toBe(7);
});

test("a 429 lowers the budget and holds back the calls of other methods too", async () => {
  const refused: Step = { status: 429, headers: { "retry-after": "20" } };
  const { client, callBudget, sentAt, clock } = budgeted(10, refused, ok);
  const error = await client
    .createReferral(storedReferral("r1"), { abortSignal: AbortSignal.timeout(10_000) })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ id: "r1" });
  expect((sentAt[1] ?? 0) - (sentAt[0] ?? 0)).toBeGreaterThanOrEqual(22_000);
  expect(callBudget.limit).toBeLessThan(10);
  expect(callBudget.snapshot().blockedUntil).toBeLessThanOrEqual(clock.now());
});

test("two clients of one tenant share a budget", async () => {
  const clock = jumpingClock();
  const callBudget = createCallBudget({ clock, callsPerWindow: 2, share: 1 });
  const began = clock.now();
  for (let number = 0; number < 3; number += 1) {
    const { http } = scriptedHttp(ok);
    const credential = numberedCredential(clock);
    await new ReferralsClient({ credential, http, clock, callBudget }).getReferral("r1");
  }
  expect(clock.now() - began).toBe(60_000);
});
