import { expect, test } from "vitest";
import { createProjection } from "../../sync/index.ts";
import { mappedField, smallMapping, smallWorld } from "../../sync/small-world-suite.ts";
import { questionView } from "./deal-detail.ts";

test.each([
  ["to-crm", "referral"],
  ["to-referral", "crm"],
  ["both", undefined],
] as const)(
  "a question about a field that goes %s tells where its value comes from",
  async (direction, from) => {
    const notes = mappedField("notes", { direction });
    const fields = smallMapping.fields.map((field) => (field.name === "notes" ? notes : field));
    const mapping = { ...smallMapping, fields };
    const world = await smallWorld({}, { mapping });
    world.crm.add({
      share: true,
      name: "Migration",
      customer: "Contoso",
      dealValue: 1,
      stage: "Open",
    });
    await world.sync();
    const item = {
      id: "i",
      kind: "conflict",
      field: "notes",
      openedAt: 0,
      sentence: "Which?",
    } as const;
    const { deal } = questionView(item, await world.onlyPair(), createProjection(mapping));
    expect(deal?.comesFrom).toBe(from);
  },
);
