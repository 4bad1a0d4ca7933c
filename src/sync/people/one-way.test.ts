import { expect, test } from "vitest";
import { mappedField, smallMapping, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

test.each([
  ["to-referral", "crm", "referral"],
  ["to-crm", "referral", "crm"],
] as const)(
  "what is asked about a field that goes %s takes the value of where it comes from, and writes nothing back",
  async (direction, from, to) => {
    const fields = smallMapping.fields.map((field) =>
      field.name === "notes" ? mappedField("notes", { ...field, direction }) : field,
    );
    const world = await smallWorld({}, { mapping: { ...smallMapping, fields } });
    world.crm.add({ ...deal, notes: "first" });
    await world.sync();
    await world.engine.declareRestored();
    await world.clock.advance(61_000);
    world.crm.edit("c1", { notes: "in the CRM" });
    world.referrals.edit("r1", { "/details/notes": "in Partner Center" });
    await world.sync();
    const [item] = await world.ledger.inbox({ kinds: ["conflict"], isOpen: true, limit: 5 });
    expect(item?.field).toBe("notes");
    for (const answer of [{ choose: to }, { choose: "value", value: "mine" }] as const) {
      await expect(world.engine.resolve(item?.id ?? "", answer)).rejects.toThrow(
        "notes only goes from",
      );
    }
    await world.engine.resolve(item?.id ?? "", { choose: from });
    await world.sync();
    const value = from === "crm" ? "in the CRM" : "in Partner Center";
    expect(world.crm.records.get("c1")?.fields.notes).toBe(value);
    expect(world.referrals.stored.get("r1")?.details?.notes).toBe(value);
  },
);
