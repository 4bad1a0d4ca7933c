import { expect } from "vitest";
import { type CrmCheck, check } from "./check.ts";
import { refusalOf, write } from "./steps.ts";

/** What is tried where a text has no bound. */
const unboundedLength = 60_000;
const missingIds = ["00000000-0000-4000-8000-ffffffffffff", "no-such-id", "'", "1"];

/** Reading and writing one record, and one record per key. */
export const recordChecks: readonly CrmCheck[] = [
  check("what is written is read back, whatever the script", async ({ fields, create }) => {
    const any = 'Škoda 🚗 — עסקה, 取引 & <b>deal</b> ‘quoted’ \\ "x"';
    const refused = new Set(fields.refusedInName ?? "");
    const title = [...any].filter((each) => !refused.has(each)).join("");
    const notes = "first line\nsecond line\n\nتفاصيل 🧾\tlast";
    const record = await create(title, { [fields.notes.field]: notes });
    expect(record.fields[fields.name]).toBe(title);
    expect(String(record.fields[fields.notes.field]).replaceAll("\r\n", "\n")).toBe(notes);
    expect(record.fields[fields.amount]).toBe(1234.56);
    expect(record.modifiedAt).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
  }),
  check(
    "a text of the greatest length is kept whole, a longer one refused by its field's name",
    async ({ world, fields, create, newKey, basics }) => {
      const { maxLength } = fields.notes;
      const longest = "ä".repeat(maxLength ?? unboundedLength);
      const record = await create("Long text", { [fields.notes.field]: longest });
      expect(record.fields[fields.notes.field]).toBe(longest);
      if (maxLength === undefined) return;
      const tooLong = write(world.adapter, {
        key: newKey(),
        fields: { ...basics("Too long"), [fields.notes.field]: `${longest}ä` },
      });
      expect(await refusalOf(tooLong)).toMatchObject({
        code: "invalid",
        field: fields.notes.field,
        outcomeUnknown: false,
      });
    },
  ),
  check("a record that isn't there reads as undefined, however its id looks", async ({ world }) => {
    for (const id of world.missingIds ?? missingIds) {
      expect(await world.adapter.read(id, {})).toBeUndefined();
    }
  }),
  check(
    "the version changes with the record and not by reading",
    async ({ world, fields, create, readOrFail }) => {
      const record = await create("Versions");
      expect((await readOrFail(record.id)).version).toBe(record.version);
      if (record.version === "") return;
      await world.editAsPerson(record.id, { [fields.amount]: 7 });
      expect((await readOrFail(record.id)).version).not.toBe(record.version);
    },
  ),
  check("a date stays the date that it is", async ({ fields, create }) => {
    if (!fields.date) return;
    for (const date of ["2026-03-29", "2026-10-25", "2028-02-29", "1999-12-31"]) {
      const record = await create(`Date ${date}`, { [fields.date]: date });
      expect(record.fields[fields.date]).toBe(date);
    }
  }),
  check("null clears a field", async ({ world, fields, create, newKey, readOrFail }) => {
    const record = await create("Cleared", { [fields.notes.field]: "something" });
    const cleared = await write(world.adapter, {
      key: newKey(),
      recordId: record.id,
      expectedVersion: record.version,
      fields: { [fields.notes.field]: null },
    });
    expect((await readOrFail(cleared.id)).fields[fields.notes.field]).toBeNull();
  }),
  check(
    "the same write twice makes one record and changes nothing the second time",
    async ({ world, newKey, readOrFail, basics }) => {
      const order = { key: newKey(), fields: basics("Twice") };
      const first = await write(world.adapter, order);
      const second = await write(world.adapter, { ...order, attempt: "again" });
      expect(second.id).toBe(first.id);
      expect(await world.count("deal", order.key)).toBe(1);
      expect((await readOrFail(first.id)).version).toBe(first.version);
    },
  ),
  check(
    "a create never overwrites what somebody made of the record meanwhile",
    async ({ world, fields, newKey, readOrFail, basics }) => {
      const order = { key: newKey(), fields: basics("Edited meanwhile") };
      const { id } = await write(world.adapter, order);
      await world.editAsPerson(id, { [fields.name]: "Renamed by a person" });
      const again = write(world.adapter, { ...order, attempt: "again" });
      expect(await refusalOf(again)).toMatchObject({ code: "conflict", recordId: id });
      expect((await readOrFail(id)).fields[fields.name]).toBe("Renamed by a person");
    },
  ),
  check(
    "a stale version is refused as a conflict, and nothing of the write is carried out",
    async ({ world, fields, create, newKey, readOrFail }) => {
      const before = await create("Stale");
      if (before.version === "") return;
      await world.advance(2 * world.adapter.capabilities.stampResolutionMs);
      await world.editAsPerson(before.id, { [fields.name]: "A person's" });
      const stale = write(world.adapter, {
        key: newKey(),
        recordId: before.id,
        expectedVersion: before.version,
        fields: { [fields.name]: "Ours", [fields.amount]: 1 },
      });
      expect((await refusalOf(stale)).code).toBe("conflict");
      const { [fields.name]: title, [fields.amount]: amount } = (await readOrFail(before.id))
        .fields;
      expect([title, amount]).toEqual(["A person's", 1234.56]);
    },
  ),
  check(
    "a write to a deleted record is refused and doesn't bring it back",
    async ({ world, fields, create, newKey }) => {
      const record = await create("Gone");
      await world.deleteAsPerson(record.id);
      const late = write(world.adapter, {
        key: newKey(),
        recordId: record.id,
        expectedVersion: record.version,
        fields: { [fields.name]: "Back?" },
      });
      expect(["not-found", "conflict"]).toContain((await refusalOf(late)).code);
      expect(await world.adapter.read(record.id, {})).toBeUndefined();
    },
  ),
];
