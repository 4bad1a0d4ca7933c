import { expect, test } from "vitest";
import type { InboxItem } from "../ledger/ledger-port.ts";
import { defaultSettings } from "../settings.ts";
import { byNames, deal, referral, type SmallWorld, smallWorld } from "../small-world-suite.ts";

const shared = { ...deal, share: true };
type Ending = "ignore" | "unlink" | "close" | "by a person";

const open = ({ ledger }: SmallWorld): Promise<readonly InboxItem[]> =>
  ledger.inbox({ isOpen: true, limit: 9 });

/** A world whose first deal, c1, and its referral, r1, are over. */
async function ended(how: Ending, begins: "crm" | "referral", matchFields: readonly string[]) {
  const policy = how === "by a person" ? "ignore" : how;
  const deletion = { ...defaultSettings.deletion, policy };
  const world = await smallWorld({ matchFields, deletion });
  if (begins === "crm") world.crm.add(shared);
  else world.referrals.add(referral);
  await world.sync();
  if (how === "by a person") {
    const pair = (await world.ledger.pairsByReferral(["r1"])).get("r1");
    await world.engine.unlink(pair?.id ?? "", "Kim");
  } else {
    world.crm.remove("c1");
  }
  await world.sync();
  return world;
}

const fits = "An open referral fits this deal; its own deal was deleted, or the two were unlinked.";

test("a shared deal that looks like the live referral of a pair that is over is asked about, never given a second one unasked", async () => {
  for (const how of ["ignore", "unlink", "by a person"] as const) {
    const world = await ended(how, "referral", byNames.matchFields);
    world.crm.add(shared);
    await world.sync();
    expect(world.referrals.stored.size, how).toBe(1);
    const [item] = await open(world);
    expect(item?.sentence, how).toBe(fits);
    await world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
    await world.sync();
    expect(world.referrals.stored.size, how).toBe(2);
  }
});

test("where the referral was closed with its deal, the next deal of that name is shared", async () => {
  const world = await ended("close", "referral", byNames.matchFields);
  world.crm.add(shared);
  await world.sync();
  const states = [...world.referrals.stored.values()].map(({ status }) => status);
  expect(states).toEqual(["Closed", "New"]);
  expect(await open(world)).toEqual([]);
});

test("a deal that names the live referral of a pair that is over gets none of its own until it names it no more", async () => {
  const world = await ended("ignore", "crm", []);
  world.crm.edit("c9", { ...shared, referralId: "r1" });
  await world.sync();
  const [item] = await open(world);
  expect(item?.sentence).toContain("names a referral");
  const answer = () => world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
  await expect(answer()).rejects.toThrow(/can't have a second one/);
  world.crm.edit("c9", { referralId: null });
  await world.sync();
  await answer();
  await world.sync();
  expect(world.referrals.stored.size).toBe(2);
});

test("an unshared deal that names, or looks like, the live referral of a pair that is over is asked about", async () => {
  for (const naming of [{ name: "Copy", referralId: "r1" }, {}]) {
    const world = await ended("ignore", "referral", byNames.matchFields);
    world.crm.add({ ...deal, ...naming });
    await world.sync();
    expect((await open(world)).map(({ kind }) => kind)).toEqual(["match"]);
  }
});

test("a referral that looks like a pair that is over is asked about: a new deal would undo the deletion, or double the one that was unlinked", async () => {
  for (const how of ["ignore", "unlink", "close", "by a person"] as const) {
    const world = await ended(how, "crm", byNames.matchFields);
    const before = world.crm.records.size;
    world.referrals.add(referral);
    await world.sync();
    expect(world.crm.records.size, how).toBe(before);
    const [item] = await open(world);
    expect(item?.kind, how).toBe("match");
    await world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
    await world.sync();
    expect(world.crm.records.size, how).toBe(before + 1);
  }
});

test("a new deal and a new referral of one name are linked although a pair of that name is wholly over", async () => {
  const world = await ended("close", "crm", byNames.matchFields);
  world.crm.add(deal);
  world.referrals.add(referral);
  await world.sync();
  expect(await open(world)).toEqual([]);
  expect((await world.ledger.pairsByReferral(["r2"])).get("r2")?.crm?.id).toBe("c2");
});

/** A deal, c2, that a person has left out because another one is just like it. */
async function leftOut(fields: Readonly<Record<string, string>>): Promise<SmallWorld> {
  const world = await smallWorld(byNames);
  world.crm.add({ ...shared, name: "Other" });
  await world.sync();
  world.crm.add({ ...deal, name: "Other" });
  await world.sync();
  const [item] = await open(world);
  await world.engine.resolve(item?.id ?? "", { choose: "dismiss" }, "Kim");
  world.crm.edit("c2", { name: "Migration", ...fields });
  await world.sync();
  return world;
}

test("a referral of a deal that was left out is asked about, and linked where a person says so", async () => {
  const ways = [
    { externalReferenceId: "c2", fields: {} },
    { fields: { referralId: "r2" } },
    { fields: {} },
  ];
  for (const { fields, ...reference } of ways) {
    const world = await leftOut(fields);
    world.referrals.add({ ...referral, ...reference });
    await world.sync();
    expect(world.crm.records.size).toBe(2);
    const [item] = await open(world);
    expect(item?.candidates).toEqual(["c2"]);
    await world.engine.resolve(item?.id ?? "", { choose: "link", recordId: "c2" }, "Kim");
    await world.sync();
    const linked = (await world.ledger.pairsByReferral(["r2"])).get("r2");
    expect([linked?.crm?.id, linked?.state]).toEqual(["c2", "in-step"]);
  }
});

test("a deal that a left-out referral names is asked about before it is shared", async () => {
  const world = await smallWorld();
  world.referrals.add({ ...referral, externalReferenceId: "c9" });
  await world.sync();
  const [missed] = await open(world);
  await world.engine.resolve(missed?.id ?? "", { choose: "dismiss" }, "Kim");
  world.crm.edit("c9", shared);
  await world.sync();
  expect(world.referrals.stored.size).toBe(1);
  expect((await open(world)).map(({ sentence }) => sentence)).toEqual([fits]);
});

test("a second live referral that names a linked deal is asked about, whatever the first one names", async () => {
  const world = await smallWorld();
  world.referrals.add(referral);
  await world.sync();
  world.referrals.edit("r1", { "/externalReferenceId": "a number of ours" });
  world.referrals.add({ ...referral, externalReferenceId: "c1" });
  await world.sync();
  expect((await open(world)).map(({ kind }) => kind)).toEqual(["double"]);
});
