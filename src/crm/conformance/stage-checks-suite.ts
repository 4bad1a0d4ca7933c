import { expect } from "vitest";
import { type CrmCheck, check } from "./check.ts";
import { refusalOf, write } from "./steps.ts";

/** Stages, currencies and choices. */
export const stageChecks: readonly CrmCheck[] = [
  check(
    "a deal is won with its last values, opened again, and lost",
    async ({ fields, create, readOrFail, move }) => {
      const record = await create("Through all stages");
      await move(record, fields.status.won, { [fields.amount]: 99.5 });
      const won = await readOrFail(record.id);
      expect(won.fields[fields.status.field]).toBe(fields.status.won);
      expect(won.fields[fields.amount]).toBe(99.5);
      await move(won, fields.status.open, { [fields.amount]: 100 });
      const open = await readOrFail(record.id);
      expect(open.fields[fields.status.field]).toBe(fields.status.open);
      expect(open.fields[fields.amount]).toBe(100);
      await move(open, fields.status.lost);
      expect((await readOrFail(record.id)).fields[fields.status.field]).toBe(fields.status.lost);
    },
  ),
  check("a deal is created in the stage in which it waits", async ({ fields, create }) => {
    if (fields.status.waiting === undefined) return;
    const record = await create("Waiting", { [fields.status.field]: fields.status.waiting });
    expect(record.fields[fields.status.field]).toBe(fields.status.waiting);
  }),
  check(
    "a move is refused as a conflict where the deal changed since",
    async ({ world, fields, create, readOrFail, move }) => {
      const record = await create("Moved too late");
      if (record.version === "") return;
      await world.advance(2 * world.adapter.capabilities.stampResolutionMs);
      await world.editAsPerson(record.id, { [fields.amount]: 5 });
      expect((await refusalOf(move(record, fields.status.won))).code).toBe("conflict");
      expect((await readOrFail(record.id)).fields[fields.status.field]).toBe(fields.status.open);
    },
  ),
  check(
    "a stage that doesn't exist is refused by its field's name",
    async ({ fields, create, move }) => {
      const record = await create("No such stage");
      expect(await refusalOf(move(record, "nonsense"))).toMatchObject({
        code: "invalid",
        field: fields.status.field,
      });
    },
  ),
  check(
    "a currency is set and changed by its code; an unknown one is refused",
    async ({ world, fields, create, newKey, readOrFail, basics }) => {
      if (!fields.currency) return;
      const { field, known, unknown } = fields.currency;
      const record = await create("Currency", { [field]: known[0] });
      expect(record.fields[field]).toBe(known[0]);
      const order = { key: newKey(), recordId: record.id, expectedVersion: record.version };
      const changed = await write(world.adapter, { ...order, fields: { [field]: known[1] } });
      expect((await readOrFail(changed.id)).fields[field]).toBe(known[1]);
      const wrong = write(world.adapter, {
        key: newKey(),
        fields: { ...basics("No such currency"), [field]: unknown },
      });
      expect(await refusalOf(wrong)).toMatchObject({ code: "invalid", field });
    },
  ),
  check(
    "a choice is kept; one that isn't offered is refused by its field's name",
    async ({ world, fields, create, newKey, basics }) => {
      if (!fields.picklist) return;
      const { field, valid, invalid } = fields.picklist;
      expect((await create("Choice", { [field]: valid })).fields[field]).toBe(valid);
      const wrong = write(world.adapter, {
        key: newKey(),
        fields: { ...basics("No such choice"), [field]: invalid },
      });
      expect(await refusalOf(wrong)).toMatchObject({ code: "invalid", field });
    },
  ),
];
