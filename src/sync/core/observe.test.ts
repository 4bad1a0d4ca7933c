import { expect, test } from "vitest";
import { CrmError, type CrmRecord } from "../../crm/port.ts";
import { smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

for (const versions of ["etag", "stamp", "none"] as const) {
  test(`what a list says of a deal that was out of sight is read where it is no newer than what was seen (versions: ${versions})`, async () => {
    const world = await smallWorld({}, {}, { versions });
    const { crm, referrals } = world;
    crm.add(deal);
    await world.sync();
    crm.edit("c1", { dealValue: 2 });
    await world.sync();
    const now = crm.records.get("c1");
    if (!now) throw new Error("the deal is gone");
    crm.records.delete("c1");
    referrals.edit("r1", { "/details/notes": "meanwhile" });
    await world.sync();
    expect((await world.onlyPair()).crm?.presence).toBe("missing");

    // Two changes within one stamp: the list still shows the first of them.
    const seen = (await world.onlyPair()).crm;
    const stamp = seen?.stamp ?? "";
    const version = seen?.version ?? "";
    const old: CrmRecord = {
      ...now,
      modifiedAt: stamp,
      version: versions === "etag" ? "an earlier one" : version,
      fields: { ...now.fields, dealValue: 1 },
    };
    crm.records.set("c1", { ...now, modifiedAt: stamp, version });
    crm.changesSince = async function* () {
      yield { kind: "changed", record: old };
      yield { kind: "watermark", watermark: "9" };
    };
    const before = referrals.calls.length;
    await world.sync();
    expect(referrals.calls.slice(before)).not.toContain("patch");
    expect(crm.records.get("c1")?.fields).toMatchObject({ dealValue: 2, notes: "meanwhile" });
    expect((await world.onlyPair()).crm?.presence).toBe("present");
  });
}

test("a deal that named its referral is its deal, also while an older entry of a list makes it be read again", async () => {
  const world = await smallWorld();
  const { crm, referrals } = world;
  crm.add({ ...deal, share: false, referralId: "r1" });
  await world.sync();
  const now = crm.records.get("c1");
  if (!now) throw new Error("the deal is gone");
  const { read } = crm;
  crm.read = async () => {
    throw new CrmError("unavailable", "down");
  };
  crm.changesSince = async function* () {
    const fields = { ...now.fields, referralId: null };
    yield { kind: "changed", record: { ...now, version: "an earlier one", fields } };
    yield { kind: "watermark", watermark: "9" };
  };
  referrals.add({ name: "Another name", status: "Active", substatus: "Accepted" });
  await world.sync();
  crm.read = read;
  await world.clock.advance(60_000);
  await world.sync();
  expect([...crm.records.keys()]).toEqual(["c1"]);
  expect((await world.onlyPair()).referral?.id).toBe("r1");
});
