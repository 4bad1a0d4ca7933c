import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Referral } from "../../../src/contract/index.ts";
import { judge } from "../campaign/judge.ts";
import { engineSubject } from "../engine-subject.ts";
import { naiveFlow } from "../naive-flow.ts";
import { play } from "../play.ts";
import { generateSchedule } from "../schedule/generate.ts";
import type { Action, Schedule, Settings } from "../schedule/schedule.ts";
import { seededBugs } from "../seeded-bugs.ts";
import type { Subject, SubjectFactory, Surroundings } from "../subject.ts";
import { createDealBook } from "../world/deal-book.ts";
import { crmRecordOf, referralOf } from "../world/people.ts";
import type { World } from "../world/world.ts";
import { compareCalls, compareWithRun } from "./rehearsal.ts";
import { valuesOfDeal } from "./values.ts";
import { type Invariant, invariants } from "./violation.ts";
import { createWitness } from "./witness.ts";

// A checker that never reports is worse than none: for each promise, a subject that breaks it on
// purpose.

const settings: Settings = {
  ledger: "memory",
  honoursRequestId: false,
  crmVersions: "etag",
  crmDeleteSignal: "tombstone",
  crmReportsChildChanges: true,
  referralsSkewMs: 0,
  crmSkewMs: 0,
  ownSkewMs: 0,
  secondStamps: false,
  normalises: false,
  pageSize: 100,
  pagesByPosition: false,
  refusesTimeFilter: false,
  hasWebhooks: true,
  callsPerMinute: 60,
  pollReferralsMs: 60_000,
  pollCrmMs: 60_000,
  cursorOverlapMs: 90_000,
  deletionsPerHour: 5,
  organisations: 1,
  sharesQuota: false,
  deletionPolicy: "ignore",
  createsMicrosoftLeg: false,
  hasHoldingStage: false,
  policy: "ask",
};

const sharedDeal: Action = {
  at: 1_000,
  deal: 0,
  kind: "create",
  side: "crm",
  shared: true,
  consent: true,
  incomplete: false,
};
const inbound: Action = { ...sharedDeal, side: "referrals" };

/** A world without faults, of the family to which fault-free promises apply. */
function calm(actions: readonly Action[], changed: Partial<Settings> = {}): Schedule {
  return {
    seed: 7,
    family: "calm",
    settings: { ...settings, ...changed },
    actions,
    faults: [],
    endsAt: 120_000,
  };
}

/** A subject that does one thing, once alive. */
function doing(
  work: (life: Surroundings, world: World) => Promise<void>,
  onNotice: (life: Surroundings, id: string) => Promise<void> = async () => {},
): SubjectFactory {
  return (world): Subject => ({
    start(life) {
      work(life, world).catch(() => {});
      return {
        notice: ({ referralId }) => onNotice(life, referralId),
        audit: async () => {},
        operate: async () => {},
      };
    },
    backUp: async () => {},
    restore: async () => {},
    isAtRest: () => true,
    statesOf: () => [],
    questionsAbout: () => [],
    excuseFor: () => undefined,
    givenUp: () => undefined,
    finalChecks: async () => {},
  });
}

async function broken(schedule: Schedule, subject: SubjectFactory): Promise<readonly Invariant[]> {
  const { violations } = await play(schedule, subject);
  return violations.map(({ invariant }) => invariant);
}

/** The one referral of the world, once it is there. */
async function firstReferral(life: Surroundings, world: World): Promise<string> {
  await life.clock.sleep(30_000);
  const deal = world.book.deals.get(0);
  const id = deal && referralOf(deal);
  if (id === undefined) throw new Error("no referral yet");
  return id;
}

const note = (value: string) => [{ op: "replace", path: "/details/notes", value }] as const;

function create(life: Surroundings, record: string): Promise<unknown> {
  const referral = {
    externalReferenceId: record,
    name: "Deal 0",
    type: "Shared",
    customerProfile: { address: { country: "DE" } },
    consent: {},
    details: {},
  };
  return life.referrals.create(referral as unknown as Referral);
}

describe("the checker reports", () => {
  it("a shared deal that nobody carries over", async () => {
    expect(
      await broken(
        calm([sharedDeal]),
        doing(async () => {}),
      ),
    ).toContain("converges or an inbox item is open");
  });

  it("a person's edit that is overwritten unread", async () => {
    const edits: Action[] = (["crm", "referrals"] as const).map((side, index) => ({
      at: 61_000 + index,
      deal: 0,
      kind: "edit",
      side,
      field: "notes",
      value: `note of the ${side}`,
    }));
    expect(await broken(calm([sharedDeal, ...edits]), naiveFlow)).toContain("no lost update");
  });

  it("a value that nobody wrote", async () => {
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      await life.referrals.patch(id, note("made up"), { ifMatch: "*" });
    });
    expect(await broken(calm([inbound]), subject)).toContain("no invented value");
  });

  it("two live referrals for one deal", async () => {
    const subject = doing(async (life, world) => {
      await life.clock.sleep(10_000);
      const deal = world.book.deals.get(0);
      const record = deal && crmRecordOf(world, deal);
      if (record === undefined) return;
      await create(life, record);
      await create(life, record);
    });
    expect(await broken(calm([sharedDeal]), subject)).toContain(
      "at most one live record per pair and side",
    );
  });

  it("writes that go on when nobody edits, and too many of them", async () => {
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      for (;;) {
        await life.referrals.patch(id, note("first note on deal 0"), { ifMatch: "*" });
        await life.clock.sleep(20_000);
      }
    });
    const found = await broken(calm([inbound]), subject);
    expect(found).toContain("zero writes at rest");
    expect(found).toContain("at most one write per side per edit without faults");
  });

  it("a deal that comes back after its deletion", async () => {
    const deletion: Action = { at: 20_000, deal: 0, kind: "delete" };
    const subject = doing(async (life, world) => {
      await life.clock.sleep(5_000);
      await life.crm.read("crm0-1", {});
      const id = await firstReferral(life, world);
      const step = { part: "deal", key: "again", fields: { name: "Deal 0" } };
      await life.crm.upsert({ key: id, steps: [step] }, {});
    });
    expect(await broken(calm([{ ...sharedDeal, side: "twin" }, deletion]), subject)).toContain(
      "no resurrection, no delete from absence",
    );
  });

  it("more calls in a minute than the service grants", async () => {
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      for (let call = 0; call < 61; call += 1) await life.referrals.get(id);
    });
    expect(await broken(calm([inbound]), subject)).toContain(
      "never more than N calls in any 60 s window, across restarts",
    );
  });

  it("a field that is written to and fro", async () => {
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      for (let turn = 0; turn < 30; turn += 1) {
        await life.referrals.patch(id, note(`turn ${turn % 2}`), { ifMatch: "*" });
        await life.clock.sleep(2_500);
      }
    });
    expect(await broken(calm([inbound]), subject)).toContain("no flip-flop");
  });

  it("a webhook that is acted upon twice", async () => {
    const subject = doing(
      async () => {},
      async (life, id) => {
        await life.referrals.get(id);
      },
    );
    expect(await broken(calm([inbound]), subject)).toContain("redelivery is a no-op");
  });

  it("a value that crosses from one organisation to another", async () => {
    const other: Action = { ...inbound, deal: 1 };
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      if (life.organisation !== "org-1") return;
      const step = { part: "deal", key: "leak", fields: { name: "Deal 0" } };
      await life.crm.upsert({ key: id, steps: [step] }, {});
    });
    expect(await broken(calm([inbound, other], { organisations: 2 }), subject)).toContain(
      "tenants isolated",
    );
  });

  it("contact data that leaves without consent", async () => {
    expect(await broken(calm([{ ...sharedDeal, consent: false }]), naiveFlow)).toContain(
      "contact data leaves only with consent",
    );
  });

  it("a move that the lifecycle forbids", async () => {
    const closed: Action = {
      at: 10_000,
      deal: 0,
      kind: "edit",
      side: "referrals",
      field: "status",
      value: "Closed/Lost",
    };
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      const reopened = [{ op: "replace", path: "/status", value: "Active" }] as const;
      await life.referrals.patch(id, reopened, { ifMatch: "*" });
    });
    expect(await broken(calm([inbound, closed]), subject)).toContain(
      "no write is refused as invalid",
    );
  });

  it("an end that depends on how often the process crashed", async () => {
    const crash = {
      kind: "crash",
      at: 40_000,
      forMs: 60_000,
      hits: 1,
      deal: 0,
      amount: 1,
    } as const;
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      await life.referrals.patch(id, note(`life ${life.generation.number}`), { ifMatch: "*" });
      for (;;) {
        await life.clock.sleep(10_000);
        await life.referrals.get(id);
      }
    });
    const schedule: Schedule = { ...calm([inbound]), family: "crashes", faults: [crash] };
    const { violations } = await judge(schedule, subject);
    expect(violations.map(({ invariant }) => invariant)).toContain(
      "a crash at any point gives the same final state",
    );
  });

  it("an edit that takes too long to reach the other side", async () => {
    const edit: Action = {
      at: 70_000,
      deal: 0,
      kind: "edit",
      side: "crm",
      field: "notes",
      value: "a slow note",
    };
    const subject = doing(async (life, world) => {
      const id = await firstReferral(life, world);
      await life.clock.sleep(150_000);
      await life.referrals.patch(id, note("a slow note"), { ifMatch: "*" });
    });
    expect(await broken(calm([{ ...sharedDeal, side: "twin" }, edit]), subject)).toContain(
      "bounded staleness",
    );
  });

  it("a write before a person has allowed any", async () => {
    const subject: SubjectFactory = (world, witness) => {
      witness.mustAsk("org-0");
      return doing(async (life) => {
        const id = await firstReferral(life, world);
        await life.referrals.patch(id, note("too soon"), { ifMatch: "*" });
      })(world, witness);
    };
    expect(await broken(calm([inbound]), subject)).toContain("no write before a person allowed it");
  });

  it("a plan that says other than what is done", () => {
    const book = createDealBook();
    const witness = createWitness(calm([]), () => 0, book);
    const place = { deal: 0, side: "crm", record: "crm0-1", at: 0 } as const;
    const nothing = valuesOfDeal({});
    witness.lineage.engine(place, undefined, { ...nothing, name: "Deal 0", notes: "as planned" });
    const made = { deal: 0, side: "crm", isCreation: true } as const;
    const name = { ...made, field: "name", value: "Deal 0" } as const;
    const notes = { ...made, field: "notes", value: "as planned" } as const;
    compareWithRun(witness, [name, notes], 0, () => true);
    expect(witness.violations).toEqual([]);
    compareWithRun(witness, [name, { ...notes, value: "another" }], 0, () => true);
    const invariant = "dry run equals run";
    expect(witness.violations).toMatchObject([
      { invariant, what: 'not done: deal 0 in crm made with notes "another"' },
      { invariant, what: 'not planned: deal 0 in crm made with notes "as planned"' },
    ]);
    const call = { at: 0, side: "referrals", organisation: "org-0", what: "PATCH x" } as const;
    compareCalls(witness, 1, [call]);
    expect(witness.violations).toHaveLength(2);
    compareCalls(witness, 2, [call]);
    expect(witness.violations.at(-1)).toMatchObject({
      invariant,
      what: "2 calls were planned, 1 made: PATCH x",
    });
  });

  it("a history that doesn't lead to what is remembered", async () => {
    const forgetful = seededBugs.find(({ name }) => name === "history not written");
    const subject = engineSubject(forgetful?.sabotage);
    const found = new Set<Invariant>();
    for (let seed = 1; seed <= 10; seed += 1) {
      const { violations } = await play(generateSchedule(seed, "memory"), subject);
      for (const { invariant } of violations) found.add(invariant);
    }
    expect(found).toContain("history replays");
  });

  it("an engine that gives up", async () => {
    const subject = engineSubject(() => ({
      environment: (environment) => ({
        ...environment,
        crm: {
          ...environment.crm,
          changesSince: () => {
            throw new Error("a bug");
          },
        },
      }),
    }));
    expect(await broken(calm([inbound]), subject)).toContain("the engine does not fail");
  });

  it("a breach of each promise: none is without a canary", () => {
    const source = readFileSync(new URL(import.meta.url), "utf8");
    for (const invariant of invariants) expect(source).toContain(`"${invariant}"`);
  });
});
