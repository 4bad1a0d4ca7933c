import { expect, test } from "vitest";
import { createEngine } from "../engine.ts";
import { byNames, deal, referral, type SmallWorld, smallWorld } from "../small-world-suite.ts";

const openQuestions = async ({ ledger }: SmallWorld): Promise<readonly string[]> =>
  (await ledger.inbox({ isOpen: true, limit: 9 })).map(({ sentence }) => sentence);

const gone = "The deal of this referral was deleted or is hidden.";

test("a referral whose deal was deleted before the two were linked is asked about, never given a new one", async () => {
  for (const claim of [{}, { referralId: "r1" }]) {
    const world = await smallWorld("referralId" in claim ? {} : byNames);
    world.crm.add({ ...deal, ...claim });
    await world.sync();
    world.crm.remove("c1");
    await world.sync();
    world.referrals.add(referral);
    await world.sync();
    expect(world.crm.records.size).toBe(0);
    expect(await openQuestions(world)).toEqual([gone]);
  }
});

test("a person who wants the deal anew gets it", async () => {
  const world = await smallWorld(byNames);
  world.crm.add(deal);
  await world.sync();
  world.crm.remove("c1");
  await world.sync();
  world.referrals.add(referral);
  await world.sync();
  const [item] = await world.ledger.inbox({ isOpen: true, limit: 9 });
  await world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
  await world.sync();
  expect(world.crm.records.size).toBe(1);
});

test("a deal that was hidden answers the question about its referral when it comes back", async () => {
  const world = await smallWorld({}, {}, { deleteSignal: "not-found" });
  world.crm.add({ ...deal, referralId: "r1" });
  await world.sync();
  const record = world.crm.records.get("c1");
  world.crm.remove("c1");
  await world.sync();
  world.referrals.add(referral);
  await world.sync();
  expect(await openQuestions(world)).toEqual([gone]);
  world.crm.edit("c1", record?.fields ?? {});
  await world.sync();
  expect(await openQuestions(world)).toEqual([]);
  expect(world.crm.records.size).toBe(1);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("a deal that nobody shares is read when it shows again, and its referral is linked to it", async () => {
  const world = await smallWorld(byNames, {}, { deleteSignal: "not-found" });
  const { crm } = world;
  crm.add(deal);
  await world.sync();
  const record = crm.records.get("c1") ?? expect.unreachable();
  crm.remove("c1");
  await world.sync();
  await world.engine.hint({ side: "crm", id: "c1" });
  await world.sync();
  expect((await world.onlyPair()).crm?.presence).toBe("missing");
  crm.records.set("c1", record);
  crm.changesSince = async function* () {
    yield { kind: "changed", record: { ...record, version: "an earlier one" } };
    yield { kind: "watermark", watermark: "99" };
  };
  await world.sync();
  world.referrals.add(referral);
  await world.sync();
  expect(await openQuestions(world)).toEqual([]);
  expect((await world.onlyPair()).crm?.id).toBe("c1");
});

test("a deal that comes back after the answer is linked where no new one was made yet, else asked about", async () => {
  for (const isFirst of [true, false]) {
    const world = await smallWorld({}, {}, { deleteSignal: "not-found" });
    world.crm.add({ ...deal, referralId: "r1" });
    await world.sync();
    const record = world.crm.records.get("c1");
    world.crm.remove("c1");
    await world.sync();
    world.referrals.add(referral);
    await world.sync();
    const [item] = await world.ledger.inbox({ isOpen: true, limit: 9 });
    await world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
    world.crm.records.set("c1", record ?? expect.unreachable());
    world.crm.edit("c1", { notes: "back" });
    await world.engine.pollCrm();
    const row = (await world.ledger.pairsByRecord(["c1"])).get("c1");
    await world.engine.reconcile((isFirst ? row?.id : item?.pairId) ?? "");
    await world.sync();
    expect(world.crm.records.size).toBe(isFirst ? 1 : 2);
    expect(await openQuestions(world)).toEqual(
      isFirst ? [] : ["A second deal in the CRM looks just like one that has a referral already."],
    );
  }
});

test("a deal that names a referral which no walk has shown looks it up before it is shared", async () => {
  const world = await smallWorld();
  const { referrals } = world;
  const listPage: typeof referrals.listPage = async (query) => {
    const page = await referrals.listPage(query);
    return { referrals: page.referrals.filter(({ id }) => id !== "r1") };
  };
  world.engine = createEngine({ ...world.environment, referrals: { ...referrals, listPage } });
  referrals.add(referral);
  world.crm.add({ ...deal, share: true, referralId: "r1" });
  await world.sync();
  expect(referrals.stored.size).toBe(1);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("a deal that names a referral which Partner Center doesn't show is asked about", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, share: true, referralId: "r9" });
  await world.sync();
  expect(world.referrals.stored.size).toBe(0);
  expect(await openQuestions(world)).toEqual([
    "The deal names a referral that Partner Center doesn't show.",
  ]);
});

test("an unshared deal that names another deal's referral is asked about, once", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, share: true });
  await world.sync();
  world.crm.add({ ...deal, name: "Copy", referralId: "r1" });
  await world.sync();
  expect(await openQuestions(world)).toEqual([
    "A second deal in the CRM looks just like one that has a referral already.",
  ]);
  const [item] = await world.ledger.inbox({ isOpen: true, limit: 9 });
  await world.engine.resolve(item?.id ?? "", { choose: "dismiss" }, "Kim");
  world.crm.edit("c2", { name: "Copy of it" });
  await world.sync();
  expect(await openQuestions(world)).toEqual([]);
});

test("a deal that names another deal's live referral gets none of its own, whatever is answered, until it names it no more", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, share: true });
  await world.sync();
  world.crm.add({ ...deal, name: "Copy", share: true, referralId: "r1" });
  await world.sync();
  const [item] = await world.ledger.inbox({ isOpen: true, limit: 9 });
  expect(item?.sentence).toBe("The deal names a referral that belongs to another deal or is over.");
  const answer = () => world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
  await expect(answer()).rejects.toThrow(/can't have a second one/);
  await world.sync();
  expect(world.referrals.stored.size).toBe(1);
  expect(await openQuestions(world)).toHaveLength(1);
  world.crm.edit("c2", { referralId: null });
  await world.sync();
  await answer();
  await world.sync();
  expect([...world.referrals.stored.values()].map(({ name }) => name)).toEqual([
    "Migration",
    "Copy",
  ]);
  expect(await openQuestions(world)).toEqual([]);
});

test("a referral of another engagement that names a deal which has one is asked about", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, share: true });
  await world.sync();
  world.referrals.add({ ...referral, externalReferenceId: "c1" });
  await world.sync();
  expect(await openQuestions(world)).toEqual([
    "Two referrals in Partner Center stand for one deal.",
  ]);
});
