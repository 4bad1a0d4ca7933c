import { expect, test } from "vitest";
import type { Referral } from "../../contract/index.ts";
import { seededRandom } from "../../runtime/index.ts";
import { mappedField, type SmallWorld, smallMapping, smallWorld } from "../small-world-suite.ts";

const seed = Number(process.env.SEED ?? 20260102);
const deal = { share: true, customer: "Contoso", dealValue: 1, stage: "Open" };
const lead = (name: string): Partial<Referral> => ({
  name,
  status: "Active",
  substatus: "Accepted",
  customerProfile: { name: "Fabrikam" },
  details: { dealValue: 1 },
});

async function firstRun(): Promise<SmallWorld> {
  const world = await smallWorld({ isApproved: false });
  world.crm.add({ ...deal, name: "Outbound" });
  world.crm.add({ ...deal, name: "Incomplete", customer: null });
  const named = world.crm.add({ ...deal, name: "Linked", share: false });
  world.referrals.add(lead("Inbound"));
  world.referrals.add({ ...lead("Linked"), externalReferenceId: named, details: { dealValue: 9 } });
  await world.sync();
  return world;
}

test("a rehearsal tells creates, links, questions and refusals, and writes nothing", async () => {
  const world = await firstRun();
  const { budgets: _before, ...before } = world.ledger.snapshot();
  const calls = world.referrals.calls.length;
  const plan = await world.engine.rehearse();
  const kinds = plan.writes.map(({ side, kind }) => `${kind} ${side}`);
  expect(kinds.filter((kind) => kind === "create referral")).toHaveLength(1);
  expect(kinds.filter((kind) => kind === "create crm")).toHaveLength(1);
  expect(plan.questions.map(({ kind, field }) => `${kind} ${field}`)).toContain(
    "conflict dealValue",
  );
  expect(plan.refusals.map(({ field }) => field)).toContain("customer");
  expect(plan.calls).toBeGreaterThan(0);
  const [planned] = plan.writes.filter(({ kind, side }) => `${kind} ${side}` === "create crm");
  expect(plan.pairs[planned?.pairId ?? ""]?.changes).toContainEqual(
    expect.objectContaining({ side: "crm", field: "dealValue", from: null, to: 1 }),
  );
  const told = plan.writes.filter(({ isTelling }) => isTelling);
  expect(new Set(told.flatMap(({ fields }) => fields))).toEqual(
    new Set(Object.values(world.crm.capabilities.stateFields ?? {})),
  );
  // Its reads are real calls, and nothing but they leave a trace.
  const { budgets: _after, ...after } = world.ledger.snapshot();
  expect(after).toEqual(before);
  expect(
    world.referrals.calls.slice(calls).every((call) => call === "list" || call === "get"),
  ).toBe(true);
});

/** The writes of a run, as a rehearsal names them. */
function watched(world: SmallWorld): string[] {
  const writes: string[] = [];
  const { referrals, crm } = world;
  const [create, patch, update, upsert] = [
    referrals.create,
    referrals.patch,
    referrals.update,
    crm.upsert,
  ];
  Object.assign(referrals, {
    create: (...values: Parameters<typeof create>) => {
      writes.push("create referral");
      return create(...values);
    },
    patch: (...values: Parameters<typeof patch>) => {
      writes.push("update referral");
      return patch(...values);
    },
    update: (...values: Parameters<typeof update>) => {
      writes.push("update referral");
      return update(...values);
    },
  });
  Object.assign(crm, {
    upsert: (...values: Parameters<typeof upsert>) => {
      writes.push(values[0].recordId ? "update crm" : "create crm");
      return upsert(...values);
    },
  });
  return writes;
}

test("the plan is what the run then does", async () => {
  const world = await firstRun();
  const plan = await world.engine.rehearse();
  const writes = watched(world);
  await world.engine.approve();
  while ((await world.engine.runDue()) > 0);
  const planned = plan.writes.map(({ side, kind }) => `${kind} ${side}`);
  expect(writes.toSorted()).toEqual(planned.toSorted());
});

test("the plan holds the call by which a new deal's own id reaches its referral", async () => {
  const dealId = mappedField("dealId", {
    referralPath: "/externalReferenceId",
    direction: "to-referral",
  });
  const mapping = { ...smallMapping, fields: [...smallMapping.fields, dealId] };
  const world = await smallWorld({ isApproved: false }, { mapping });
  const { upsert } = world.crm;
  world.crm.upsert = async (write, options) => {
    const { id } = await upsert(write, options);
    world.crm.edit(id, { dealId: id });
    const record = world.crm.records.get(id);
    return { id, version: record?.version ?? "", ...(record ? { record } : {}) };
  };
  world.referrals.add(lead("Inbound"));
  await world.sync();
  const plan = await world.engine.rehearse();
  const writes = watched(world);
  await world.engine.approve();
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.stored.get("r1")?.externalReferenceId).toBe("c1");
  const planned = plan.writes.map(({ side, kind }) => `${kind} ${side}`);
  expect(writes.toSorted()).toEqual(planned.toSorted());
  expect(plan.calls).toBe(1);
});

test("for random edits too, what is rehearsed is what is run", async () => {
  const random = seededRandom(seed);
  const world = await smallWorld();
  for (let index = 0; index < 6; index += 1) world.crm.add({ ...deal, name: `Deal ${index}` });
  await world.sync();
  for (let round = 0; round < 10; round += 1) {
    await world.clock.advance(600_000);
    await world.sync();
    for (let edit = 0; edit < 8; edit += 1) {
      const index = 1 + Math.floor(random.fraction() * 6);
      const value = Math.floor(random.fraction() * 1_000);
      if (random.fraction() < 0.5) world.crm.edit(`c${index}`, { notes: `note ${value}` });
      else world.referrals.edit(`r${index}`, { "/details/dealValue": value });
    }
    await world.engine.pollCrm();
    await world.engine.pollReferrals();
    const plan = await world.engine.rehearse();
    const writes = watched(world);
    while ((await world.engine.runDue()) > 0);
    const planned = plan.writes.map(({ side, kind }) => `${kind} ${side}`);
    expect(writes.toSorted(), `SEED=${seed} round ${round}`).toEqual(planned.toSorted());
  }
});
