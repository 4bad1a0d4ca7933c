import { afterAll, beforeAll, expect, test } from "vitest";
import { createCallBudget, filter, type ReferralsClient } from "../../src/client/index.ts";
import { ReferralsError } from "../../src/contract/index.ts";
import { seededRandom } from "../../src/runtime/index.ts";
import { newReferral, type RunningService, runService } from "./running-service.ts";

const seed = Number(process.env.SEED ?? 20270101);
const foul = {
  serverError: 0.12,
  resetBefore: 0.08,
  resetAfter: 0.15,
  tooManyRequests: 0.08,
  retryAfterS: 0,
};

let running: RunningService;
let witness: ReferralsClient;
beforeAll(async () => {
  running = await runService({ random: seededRandom(seed) });
  witness = running.clientOf();
});
afterAll(() => running.close());

/** A client that would rather fail than wait: the weather stays foul. */
const clientInWeather = (requestIdsHonoured: boolean): ReferralsClient =>
  running.clientOf(undefined, {
    requestIdsHonoured,
    random: seededRandom(seed),
    retry: { attempts: 12, firstDelayMs: 1, maxDelayMs: 4 },
    callBudget: createCallBudget({ callsPerWindow: 1_000_000 }),
  });

async function inFoulWeather<T>(work: () => Promise<T>): Promise<T> {
  await running.play("/faults", foul);
  try {
    return await work();
  } finally {
    await running.play("/faults", {});
  }
}

async function stored(externalReferenceId: string): Promise<number> {
  let count = 0;
  const query = { filter: filter`externalReferenceId eq ${externalReferenceId}`, select: "id" };
  for await (const _ of witness.listReferrals(query)) count += 1;
  return count;
}

async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (!(error instanceof ReferralsError)) throw error;
    return error.code;
  }
}

/** How many referrals may exist after a create that ended so. */
function allowedAfter(end: string): readonly number[] {
  if (end === "done") return [1];
  return end === "outcomeUnknown" ? [0, 1] : [0];
}

test.each([false, true])(
  `a create tells the truth in foul weather and never doubles (ids honoured: %s, seed ${seed})`,
  async (requestIdsHonoured) => {
    const references = Array.from({ length: 40 }, (_, index) => `${requestIdsHonoured}-${index}`);
    const client = clientInWeather(requestIdsHonoured);
    const ends = await inFoulWeather(async () => {
      const all: string[] = [];
      for (const externalReferenceId of references) {
        all.push(await endOf(client.createReferral(newReferral({ externalReferenceId }))));
      }
      return all;
    });
    for (const [index, end] of ends.entries()) {
      expect(allowedAfter(end), `${references[index]} ended as ${end}`).toContain(
        await stored(references[index] ?? ""),
      );
    }
    const unknown = ends.filter((end) => end === "outcomeUnknown").length;
    if (!requestIdsHonoured) expect(unknown).toBeGreaterThan(3);
    else expect(unknown).toBeLessThan(3);
  },
);

test(`no append is lost, doubled or invented in foul weather (seed ${seed})`, async () => {
  const created = await witness.createReferral(newReferral());
  const client = clientInWeather(false);
  const ends = await inFoulWeather(async () => {
    const all: string[] = [];
    for (let number = 0; number < 40; number += 1) {
      const value = { email: `member-${number}@partner.example` };
      const current = await client.getReferral(created.id);
      all.push(await endOf(client.patchReferral(current, [{ op: "add", path: "/team/-", value }])));
    }
    return all;
  });
  const { team } = await witness.getReferral(created.id);
  const emails = (team ?? []).map(({ email }) => email);
  expect(new Set(emails).size).toBe(emails.length);
  for (const [number, end] of ends.entries()) {
    const isThere = emails.includes(`member-${number}@partner.example`);
    if (end === "done") expect(isThere, `member ${number}`).toBe(true);
  }
  expect(ends.filter((end) => end === "done").length).toBeGreaterThan(35);
});
