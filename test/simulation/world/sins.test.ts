import { describe, expect, it } from "vitest";
import { type HttpRequest, type HttpResponse, seededRandom } from "../../../src/runtime/index.ts";
import { runShare } from "../campaign/run-share.ts";
import { createGeneration } from "../kernel/generation.ts";
import { createScheduler, type Scheduler } from "../kernel/scheduler.ts";
import { createTrace } from "../kernel/trace.ts";
import { generateSchedule } from "../schedule/generate.ts";
import { type Fault, type FaultKind, faultKinds } from "../schedule/schedule.ts";
import { createFaults } from "./faults.ts";
import type { HttpHabits } from "./referrals-http.ts";
import { referralsOrigin } from "./referrals-http.ts";
import { createReferralsModel, type ReferralsHabits } from "./referrals-model.ts";
import { referralsTransport } from "./referrals-transport.ts";

// The world sins as real systems do: a fault that never bites would prove nothing.

const honest: ReferralsHabits = {
  normalisation: { trims: false, upperCasesCurrency: false, roundsAmounts: false },
  secondStamps: false,
  clockSkewMs: 0,
  honoursRequestId: false,
};
const plainHttp: HttpHabits = { pageSize: 100, pagesByPosition: false, refusesTimeFilter: false };

function fault(kind: FaultKind, amount = 0, hits = 1): Fault {
  return { kind, at: 0, forMs: 3_600_000, hits, deal: 0, amount };
}

interface Bench {
  readonly scheduler: Scheduler;
  readonly model: ReturnType<typeof createReferralsModel>;
  readonly tokens: Map<string, number>;
  /** Sends and lets time pass until the outcome is there. */
  send(request: Partial<HttpRequest> & { readonly path?: string }): Promise<HttpResponse | string>;
}

function bench(
  faults: readonly Fault[],
  habits: Partial<ReferralsHabits> = {},
  http: Partial<HttpHabits> = {},
): Bench {
  const scheduler = createScheduler(0, 10_000);
  const model = createReferralsModel({
    now: scheduler.now,
    random: seededRandom(1),
    habits: { ...honest, ...habits },
    onChange: () => {},
  });
  const tokens = new Map([["org-0", 1]]);
  const transport = referralsTransport(
    {
      scheduler,
      trace: createTrace(false),
      random: seededRandom(2),
      faults: createFaults(
        faults,
        scheduler.now,
        () => [],
        () => {},
      ),
      model,
      habits: { ...plainHttp, ...http },
      tokens,
      dealOf: (id) => (id === "" ? undefined : 0),
      referralOf: () => model.listed("org-0")[0]?.document.id,
      onLateLanding: () => {},
      onCall: () => {},
      onAnswer: () => {},
    },
    createGeneration(
      1,
      () => false,
      () => {},
    ),
  );
  return {
    scheduler,
    model,
    tokens,
    async send({ path = "", ...request }) {
      let outcome: HttpResponse | string = "no answer yet";
      transport({
        method: "GET",
        url: path.startsWith("https:")
          ? path
          : `${referralsOrigin}/v1.0/engagements/referrals${path}`,
        ...request,
        headers: { authorization: "Bearer org-0.1", ...request.headers },
      }).then(
        (response) => {
          outcome = response;
        },
        (error: Error) => {
          outcome = error.message;
        },
      );
      await scheduler.runUntil(scheduler.now() + 31_000);
      return outcome;
    },
  };
}

const body = (name: string): string =>
  JSON.stringify({ name, type: "Shared", customerProfile: {}, consent: {}, details: {} });

function newReferral({ model }: Bench, name: string): string {
  const made = model.create("org-0", "person", JSON.parse(body(name)));
  if (!made.ok) throw new Error(made.message);
  return made.document.id;
}

function statusOf(outcome: HttpResponse | string): number | string {
  return typeof outcome === "string" ? outcome : outcome.status;
}

function listOf(outcome: HttpResponse | string): { names: string[]; next: string | undefined } {
  if (typeof outcome === "string") throw new Error(outcome);
  const page = JSON.parse(outcome.body);
  const names = page.value.map(({ name }: { name: string }) => name);
  return { names, next: page["@odata.nextLink"] };
}

describe("the model service", () => {
  it("shows a change in a get at once, and in lists only after the lag", async () => {
    const world = bench([]);
    world.model.lagBy(() => 60_000);
    const id = newReferral(world, "late in lists");
    expect(statusOf(await world.send({ path: `/${id}` }))).toBe(200);
    expect(listOf(await world.send({})).names).toEqual([]);
    await world.scheduler.runUntil(61_000);
    expect(listOf(await world.send({})).names).toEqual(["late in lists"]);
  });

  it("changes an ETag without content, with or without a new stamp", () => {
    const world = bench([]);
    const id = newReferral(world, "churned");
    const before = world.model.find(id)?.document;
    world.model.churn(id, false);
    const after = world.model.find(id)?.document;
    expect(after).toEqual({ ...before, eTag: after?.eTag });
    expect(after?.eTag).not.toBe(before?.eTag);
  });

  it("stores other values than it was sent, and whole seconds as stamps", () => {
    const normalisation = { trims: true, upperCasesCurrency: true, roundsAmounts: true };
    const world = bench([], { normalisation, secondStamps: true, clockSkewMs: 86_400_000 });
    const made = world.model.create("org-0", "engine", {
      ...JSON.parse(body(" spaced ")),
      details: { currency: "eur", dealValue: 1.009, notes: " note " },
    });
    expect(made.ok && made.document).toMatchObject({
      name: "spaced",
      details: { currency: "EUR", dealValue: 1.01, notes: "note" },
      updatedDateTime: "1970-01-02T00:00:00Z",
    });
  });

  it("cuts pages through equal stamps, and shifts them while they are read", async () => {
    const world = bench([fault("page-shift")], {}, { pageSize: 1, pagesByPosition: true });
    for (const name of ["one", "two", "three"]) newReferral(world, name);
    const first = listOf(await world.send({ path: "?$orderby=updatedDateTime%20desc" }));
    const second = listOf(await world.send({ path: first.next ?? "" }));
    const third = listOf(await world.send({ path: second.next ?? "" }));
    const seen = [first, second, third].flatMap(({ names }) => names);
    expect(seen).toHaveLength(3);
    // A referral that moved to the front pushed another one over the edge of a page.
    expect(new Set(seen).size).toBeLessThan(3);
  });

  it("commits nothing, everything, or much later, and never answers", async () => {
    const count = (world: Bench): number => world.model.listed("org-0").length;
    const post = { method: "POST", body: body("unanswered") } as const;
    for (const [kind, stored] of [
      ["timeout-before-commit", 0],
      ["timeout-after-commit", 1],
    ] as const) {
      const world = bench([fault(kind)]);
      expect(await world.send(post)).toBe("no answer in time");
      expect(count(world)).toBe(stored);
    }
    const late = bench([fault("late-landing", 90_000)]);
    expect(await late.send(post)).toBe("no answer in time");
    expect(count(late)).toBe(0);
    await late.scheduler.runUntil(92_000);
    expect(count(late)).toBe(1);
  });

  it("throttles with and without Retry-After, breaks down, and forgets tokens", async () => {
    const world = bench([
      fault("throttled", 5_000),
      fault("throttled-silently"),
      fault("server-error", 2),
    ]);
    const told = await world.send({});
    expect(told).toMatchObject({ status: 429, headers: { "retry-after": "5" } });
    const untold = await world.send({});
    expect(statusOf(untold)).toBe(429);
    expect(typeof untold === "string" ? {} : untold.headers).not.toHaveProperty("retry-after");
    expect(statusOf(await world.send({}))).toBe(503);
    world.tokens.set("org-0", 2);
    expect(statusOf(await world.send({}))).toBe(401);
  });

  it("answers a lost permission as if the referral were gone", async () => {
    const world = bench([fault("permission-lost", 0), fault("permission-lost", 1)]);
    const id = newReferral(world, "hidden");
    expect(statusOf(await world.send({ path: `/${id}` }))).toBe(404);
    expect(statusOf(await world.send({ path: `/${id}` }))).toBe(403);
    expect(statusOf(await world.send({ path: `/${id}` }))).toBe(200);
  });

  it("knows a repeated MS-RequestId in half of the worlds only", async () => {
    for (const [honoursRequestId, stored] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const world = bench([], { honoursRequestId });
      const post = { method: "POST", body: body("twice"), headers: { "ms-requestid": "r" } };
      await world.send(post as Partial<HttpRequest>);
      await world.send(post as Partial<HttpRequest>);
      expect(world.model.listed("org-0")).toHaveLength(stored);
    }
  });
});

describe("the schedules", () => {
  const schedules = Array.from({ length: 400 }, (_, seed) => generateSchedule(seed, "memory"));
  const share = (holds: (schedule: (typeof schedules)[number]) => boolean): number =>
    schedules.filter(holds).length / schedules.length;

  it("draw every habit of the world, with clocks days apart", () => {
    const day = 86_400_000;
    for (const [habit, least, most] of [
      [share(({ settings }) => settings.honoursRequestId), 0.4, 0.6],
      [share(({ settings }) => settings.secondStamps), 0.4, 0.6],
      [share(({ settings }) => settings.normalises), 0.4, 0.7],
      [share(({ settings }) => settings.pagesByPosition), 0.4, 0.6],
      [share(({ settings }) => settings.refusesTimeFilter), 0.2, 0.4],
      [share(({ settings }) => settings.crmVersions === "none"), 0.15, 0.35],
      [share(({ settings }) => settings.crmVersions === "stamp-and-content"), 0.1, 0.2],
      [share(({ settings }) => Math.abs(settings.referralsSkewMs) > day), 0.2, 0.5],
      [share(({ settings }) => Math.abs(settings.ownSkewMs) > day), 0.2, 0.5],
    ] as const) {
      expect(habit).toBeGreaterThan(least);
      expect(habit).toBeLessThan(most);
    }
  });

  it("let every kind of fault strike, crashes and restored backups among them", async () => {
    const { faultKinds: struck } = await runShare({
      subject: "engine",
      firstSeed: 1,
      seeds: 120,
      ledger: "memory",
    });
    for (const kind of faultKinds) expect(struck[kind] ?? 0, kind).toBeGreaterThan(0);
  }, 60_000);
});
