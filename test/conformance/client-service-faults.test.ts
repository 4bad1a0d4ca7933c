import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCallBudget, filter, type ReferralsClient } from "../../src/client/index.ts";
import {
  accidentProneHttp,
  type Mishap,
  newReferral,
  type RunningService,
  runService,
} from "./running-service.ts";

let running: RunningService;
let witness: ReferralsClient;
beforeAll(async () => {
  running = await runService();
  witness = running.clientOf();
});
afterAll(() => running.close());

async function countOf(externalReferenceId: string): Promise<number> {
  let count = 0;
  const query = { filter: filter`externalReferenceId eq ${externalReferenceId}` };
  for await (const _ of witness.listReferrals(query)) count += 1;
  return count;
}

const endOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code?: string }) => String(error.code),
  );

describe("a create that meets a mishap", () => {
  const cases: readonly [Mishap, string, number, number][] = [
    ["neverSent", "done", 1, 2],
    ["failsBefore", "outcomeUnknown", 0, 1],
    ["failsAfterCommit", "outcomeUnknown", 1, 1],
    ["answerLost", "outcomeUnknown", 1, 1],
  ];
  test.each(cases)("%s ends as %s with %i stored, after %i sends", async (...row) => {
    const [mishap, end, stored, sends] = row;
    const { http, sent } = accidentProneHttp([mishap]);
    const client = running.clientOf(undefined, { http });
    const reference = `create-${mishap}`;
    const work = client.createReferral(newReferral({ externalReferenceId: reference }));
    expect(await endOf(work)).toBe(end);
    expect(sent).toHaveLength(sends);
    expect(await countOf(reference)).toBe(stored);
  });

  test.each(["failsBefore", "failsAfterCommit", "answerLost"] as const)(
    "%s is repeated to one referral where the service honours MS-RequestId",
    async (mishap) => {
      const { http, sent } = accidentProneHttp([mishap, mishap]);
      const client = running.clientOf(undefined, { http, requestIdsHonoured: true });
      const reference = `honoured-${mishap}`;
      const created = await client.createReferral(newReferral({ externalReferenceId: reference }));
      expect(sent).toHaveLength(3);
      expect(await countOf(reference)).toBe(1);
      expect(await witness.getReferral(created.id)).toMatchObject({ eTag: created.eTag });
    },
  );

  test("is doubled where requestIdsHonoured is set and isn't true", async () => {
    const forgetful = await runService({ honoursRequestIds: false });
    try {
      const { http } = accidentProneHttp(["answerLost"]);
      const credulous = forgetful.clientOf(undefined, { http, requestIdsHonoured: true });
      await credulous.createReferral(newReferral());
      let count = 0;
      for await (const _ of forgetful.clientOf().listReferrals()) count += 1;
      expect(count).toBe(2);
    } finally {
      await forgetful.close();
    }
  });
});

describe("a conditional write that meets a mishap", () => {
  test.each(["neverSent", "failsBefore", "failsAfterCommit", "answerLost"] as const)(
    "%s: PATCH and PUT are carried out once, and the caller learns the new eTag",
    async (mishap) => {
      const created = await witness.createReferral(newReferral());
      const member = { email: `${mishap.toLowerCase()}@partner.example`, firstName: "Sam" };
      const patching = running.clientOf(undefined, accidentProneHttp([mishap]));
      const patched = await patching.patchReferral(created, [
        { op: "add", path: "/team/-", value: member },
        { op: "replace", path: "/details/dealValue", value: "31000.50" },
      ]);
      expect(patched.team).toHaveLength(1);
      expect(patched.details?.dealValue).toBe(31_000.5);
      const putting = running.clientOf(undefined, accidentProneHttp([mishap]));
      const updated = await putting.updateReferral({ ...patched, name: `After ${mishap}` });
      const stored = await witness.getReferral(created.id);
      expect(stored).toMatchObject({ name: `After ${mishap}`, eTag: updated.eTag });
      expect(stored.team).toHaveLength(1);
    },
  );

  test("a change by somebody else in between is a conflict, not a success", async () => {
    const created = await witness.createReferral(newReferral());
    const { http, sent } = accidentProneHttp(["failsBefore"]);
    const client = running.clientOf(undefined, {
      http: async (request) => {
        const response = await http(request);
        if (request.method === "PATCH" && sent.length === 1) {
          await witness.patchReferral(created, [
            { op: "replace", path: "/details/notes", value: "somebody else's" },
          ]);
        }
        return response;
      },
    });
    const work = client.patchReferral(created, [
      { op: "replace", path: "/details/notes", value: "mine" },
    ]);
    await expect(work).rejects.toMatchObject({ status: 412 });
    expect((await witness.getReferral(created.id)).details?.notes).toBe("somebody else's");
  });
});

describe("the limit", () => {
  test("a client keeps below the service's limit by itself: not one call is refused", async () => {
    const limited = await runService({ callLimit: 20 });
    try {
      const statuses: number[] = [];
      const { http } = accidentProneHttp([]);
      const client = limited.clientOf(undefined, {
        callBudget: createCallBudget({ callsPerWindow: 20 }),
        http: async (request) => {
          const response = await http(request);
          if (request.url.includes("/referrals")) statuses.push(response.status);
          return response;
        },
      });
      const created = await client.createReferral(newReferral());
      for (let call = 0; call < 18; call += 1) await client.getReferral(created.id);
      const abortSignal = AbortSignal.timeout(50);
      await expect(client.getReferral(created.id, { abortSignal })).rejects.toThrow();
      expect(statuses).toEqual(Array.from({ length: 19 }, () => 200));
    } finally {
      await limited.close();
    }
  });

  test("a refusal tells when to come back, and costs no second call", async () => {
    const limited = await runService({ callLimit: 2 });
    try {
      const { http, sent } = accidentProneHttp([]);
      const client = limited.clientOf(undefined, { http, retry: { maxRetryAfterMs: 0 } });
      const created = await client.createReferral(newReferral());
      await client.getReferral(created.id);
      const refused = await client.getReferral(created.id).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "tooManyRequests", status: 429 });
      const { retryAfterMs } = refused as { retryAfterMs: number };
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
      expect(sent).toHaveLength(3);
    } finally {
      await limited.close();
    }
  });
});
