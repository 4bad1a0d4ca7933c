import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bringAbout,
  durableMemo,
  lastWatermark,
  refusalOf,
  walk,
  write,
} from "./conformance-steps.ts";
import type { ConformanceFields, ConformanceWorld } from "./conformance-world.ts";
import { describeCrmWalks } from "./crm-walks-suite.ts";
import type { CrmFields, CrmRecord } from "./port.ts";

/**
 * The promises of the CRM port, held to one adapter. An adapter's test opens a world and calls this; the worlds' fields say
 * what the CRM can hold, its capabilities what it can do.
 */
export function describeCrmAdapter(name: string, openWorld: () => Promise<ConformanceWorld>): void {
  describe(`${name} keeps the promises of the CRM port`, () => {
    let world: ConformanceWorld;
    let fields: ConformanceFields;
    let number = 0;
    beforeAll(async () => {
      world = await openWorld();
      fields = world.fields;
    });
    afterAll(() => world.close());

    const newKey = (): string => {
      number += 1;
      return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    };
    const basics = (title: string): CrmFields => ({
      [fields.name]: title,
      [fields.amount]: 1234.56,
      ...customer(title),
    });
    const customer = (title: string): CrmFields =>
      fields.account
        ? {
            [fields.account.name]: `${title} Ltd`,
            [fields.account.postalCode]: "12345",
            [fields.account.country]: "Germany",
          }
        : {};
    const create = async (title: string, more: CrmFields = {}): Promise<CrmRecord> => {
      const order = { key: newKey(), fields: { ...basics(title), ...more } };
      const { id } = await write(world.adapter, order);
      return readOrFail(id);
    };
    const readOrFail = async (id: string): Promise<CrmRecord> => {
      const record = await world.adapter.read(id, {});
      if (!record) throw new Error("the record isn't there");
      return record;
    };

    test("its capabilities name each part once, and one that takes every other field", () => {
      const { parts, batchSize, stampResolutionMs } = world.adapter.capabilities;
      expect(new Set(parts.map((part) => part.name)).size).toBe(parts.length);
      expect(parts.filter(({ prefix }) => prefix === "").length).toBe(1);
      expect(batchSize).toBeGreaterThanOrEqual(1);
      expect(stampResolutionMs).toBeGreaterThanOrEqual(0);
    });

    describe("reading and writing", () => {
      test("what is written is read back, whatever the script", async () => {
        const title = 'Škoda 🚗 — עסקה, 取引 & <b>deal</b> ‘quoted’ \\ "x"';
        const notes = "first line\nsecond line\n\nتفاصيل 🧾\tlast";
        const record = await create(title, { [fields.notes.field]: notes });
        expect(record.fields[fields.name]).toBe(title);
        expect(String(record.fields[fields.notes.field]).replaceAll("\r\n", "\n")).toBe(notes);
        expect(record.fields[fields.amount]).toBe(1234.56);
        expect(record.modifiedAt).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
      });

      test("a text of the greatest length is kept whole, a longer one refused by its field's name", async () => {
        const longest = "ä".repeat(fields.notes.maxLength);
        const record = await create("Long text", { [fields.notes.field]: longest });
        expect(record.fields[fields.notes.field]).toBe(longest);
        const tooLong = write(world.adapter, {
          key: newKey(),
          fields: { ...basics("Too long"), [fields.notes.field]: `${longest}ä` },
        });
        expect(await refusalOf(tooLong)).toMatchObject({
          code: "invalid",
          field: fields.notes.field,
          outcomeUnknown: false,
        });
      });

      test("a record that isn't there reads as undefined, however its id looks", async () => {
        for (const id of ["00000000-0000-4000-8000-ffffffffffff", "no-such-id", "'", "1"]) {
          expect(await world.adapter.read(id, {})).toBeUndefined();
        }
      });

      test("the version changes with the record and not by reading", async () => {
        const record = await create("Versions");
        expect((await readOrFail(record.id)).version).toBe(record.version);
        if (world.adapter.capabilities.versions === "none") return;
        await world.editAsPerson(record.id, { [fields.amount]: 7 });
        expect((await readOrFail(record.id)).version).not.toBe(record.version);
      });

      test("a date stays the date that it is", async () => {
        if (!fields.date) return;
        for (const date of ["2026-03-29", "2026-10-25", "2028-02-29", "1999-12-31"]) {
          const record = await create(`Date ${date}`, { [fields.date]: date });
          expect(record.fields[fields.date]).toBe(date);
        }
      });

      test("null clears a field", async () => {
        const record = await create("Cleared", { [fields.notes.field]: "something" });
        const cleared = await write(world.adapter, {
          key: newKey(),
          recordId: record.id,
          expectedVersion: record.version,
          fields: { [fields.notes.field]: null },
        });
        expect((await readOrFail(cleared.id)).fields[fields.notes.field]).toBeNull();
      });
    });

    describe("one record per key", () => {
      test("the same write twice makes one record and changes nothing the second time", async () => {
        const order = { key: newKey(), fields: basics("Twice") };
        const first = await write(world.adapter, order);
        const second = await write(world.adapter, { ...order, attempt: "again" });
        expect(second.id).toBe(first.id);
        expect(await world.count("deal", order.key)).toBe(1);
        expect((await readOrFail(first.id)).version).toBe(first.version);
      });

      test("a create never overwrites what somebody made of the record meanwhile", async () => {
        const order = { key: newKey(), fields: basics("Edited meanwhile") };
        const { id } = await write(world.adapter, order);
        await world.editAsPerson(id, { [fields.name]: "Renamed by a person" });
        const again = write(world.adapter, { ...order, attempt: "again" });
        expect(await refusalOf(again)).toMatchObject({ code: "conflict", recordId: id });
        expect((await readOrFail(id)).fields[fields.name]).toBe("Renamed by a person");
      });

      test("a stale version is refused as a conflict, and nothing of the write is carried out", async () => {
        if (world.adapter.capabilities.versions === "none") return;
        const before = await create("Stale");
        world.advance(2 * world.adapter.capabilities.stampResolutionMs);
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
      });

      test("a write to a deleted record is refused and doesn't bring it back", async () => {
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
      });
    });

    describe("stages, currencies and choices", () => {
      const move = (record: CrmRecord, value: unknown, more: CrmFields = {}) =>
        write(world.adapter, {
          key: newKey(),
          recordId: record.id,
          expectedVersion: record.version,
          attempt: `move-${String(value)}-${record.version}`,
          fields: { ...more, [fields.status.field]: value as string },
        });

      test("a deal is won with its last values, opened again, and lost", async () => {
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
      });

      test("a deal is created in the stage in which it waits", async () => {
        if (fields.status.waiting === undefined) return;
        const record = await create("Waiting", { [fields.status.field]: fields.status.waiting });
        expect(record.fields[fields.status.field]).toBe(fields.status.waiting);
      });

      test("a move is refused as a conflict where the deal changed since", async () => {
        if (world.adapter.capabilities.versions === "none") return;
        const record = await create("Moved too late");
        world.advance(2 * world.adapter.capabilities.stampResolutionMs);
        await world.editAsPerson(record.id, { [fields.amount]: 5 });
        expect((await refusalOf(move(record, fields.status.won))).code).toBe("conflict");
        expect((await readOrFail(record.id)).fields[fields.status.field]).toBe(fields.status.open);
      });

      test("a stage that doesn't exist is refused by its field's name", async () => {
        const record = await create("No such stage");
        expect(await refusalOf(move(record, "nonsense"))).toMatchObject({
          code: "invalid",
          field: fields.status.field,
        });
      });

      test("a currency is set and changed by its code; an unknown one is refused", async () => {
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
      });

      test("a choice is kept; one that isn't offered is refused by its field's name", async () => {
        if (!fields.picklist) return;
        const { field, valid, invalid } = fields.picklist;
        expect((await create("Choice", { [field]: valid })).fields[field]).toBe(valid);
        const wrong = write(world.adapter, {
          key: newKey(),
          fields: { ...basics("No such choice"), [field]: invalid },
        });
        expect(await refusalOf(wrong)).toMatchObject({ code: "invalid", field });
      });
    });

    describe("customers and their people", () => {
      test("two deals of one customer share the account, however it is spelt", async () => {
        if (!fields.account) return;
        const { name: accountName, postalCode } = fields.account;
        await create("Shared customer");
        await create("Shared customer again", {
          [accountName]: "  shared  CUSTOMER Ltd ".trim().replace("  ", " "),
          [postalCode]: "12 345",
        });
        expect(await world.count("account", "Shared customer Ltd")).toBe(1);
      });

      test("people are added, found again by e-mail, changed and taken off", async () => {
        if (!fields.contacts) return;
        const { field, email, firstName, lastName } = fields.contacts;
        const person = (address: string, first: string): CrmFields => ({
          [email]: address,
          [firstName]: first,
          [lastName]: "Holm",
        });
        const one = await create("People", {
          [field]: [person("ann@people.example", "Ann"), person("bo@people.example", "Bo")],
        });
        const namesOf = (record: CrmRecord): readonly unknown[] =>
          (record.fields[field] as readonly CrmFields[]).map((entry) => entry[firstName]).sort();
        expect(namesOf(one)).toEqual(["Ann", "Bo"]);
        const other = await create("People of the other deal", {
          [field]: [person("ANN@people.example", "Ann")],
          ...customer("People"),
        });
        expect(namesOf(other)).toEqual(["Ann"]);
        expect(await world.count("contact", "ann@people.example")).toBe(1);
        await write(world.adapter, {
          key: newKey(),
          recordId: one.id,
          expectedVersion: (await readOrFail(one.id)).version,
          fields: { [field]: [person("bo@people.example", "Bob")] },
        });
        expect(namesOf(await readOrFail(one.id))).toEqual(["Bob"]);
        expect(namesOf(await readOrFail(other.id))).toEqual(["Ann"]);
      });

      test("rows of the deal's own are added, changed and taken off", async () => {
        if (!fields.children) return;
        const { field, key, name: title } = fields.children;
        const row = (id: string, text: string): CrmFields => ({ [key]: id, [title]: text });
        const record = await create("Rows", { [field]: [row("S-1", "One"), row("S-2", "Two")] });
        const titles = (found: CrmRecord): readonly unknown[] =>
          (found.fields[field] as readonly CrmFields[]).map((entry) => entry[title]).sort();
        expect(titles(record)).toEqual(["One", "Two"]);
        await write(world.adapter, {
          key: newKey(),
          recordId: record.id,
          expectedVersion: record.version,
          fields: { [field]: [row("S-2", "Second"), row("S-3", "Three")] },
        });
        expect(titles(await readOrFail(record.id))).toEqual(["Second", "Three"]);
      });
    });

    describe("mishaps on the way", () => {
      const whole = (title: string): CrmFields => ({
        ...basics(title),
        ...(fields.contacts
          ? {
              [fields.contacts.field]: [
                { [fields.contacts.email]: "w@whole.example", [fields.contacts.lastName]: "Whole" },
              ],
            }
          : {}),
        ...(fields.children
          ? {
              [fields.children.field]: [
                { [fields.children.key]: "W-1", [fields.children.name]: "W" },
              ],
            }
          : {}),
        [fields.status.field]: fields.status.won,
      });

      test.each(["lost-before", "lost-after", "broken"] as const)(
        "a write that meets '%s' at any of its calls is resumed to the same end, without doubles",
        async (kind) => {
          const before = world.callCount();
          await bringAbout(world.adapter, { key: newKey(), fields: whole("Undisturbed") });
          const calls = world.callCount() - before;
          expect(calls).toBeGreaterThan(0);
          for (let after = 0; after < calls; after += 1) {
            const title = `Disturbed ${kind} ${after}`;
            const key = newKey();
            world.arrange({ kind }, after);
            const id = await bringAbout(world.adapter, { key, fields: whole(title) });
            const record = await readOrFail(id);
            expect(record.fields).toMatchObject({
              [fields.name]: title,
              [fields.amount]: 1234.56,
              [fields.status.field]: fields.status.won,
            });
            expect(await world.count("deal", key)).toBe(1);
            if (fields.account) expect(await world.count("account", `${title} Ltd`)).toBe(1);
            for (const list of [fields.contacts?.field, fields.children?.field]) {
              if (list) expect(record.fields[list]).toHaveLength(1);
            }
          }
        },
      );

      test("finished steps aren't carried out again", async () => {
        const memo = durableMemo();
        const order = { key: newKey(), fields: whole("Remembered") };
        const { id } = await write(world.adapter, order, { memo });
        expect(memo.steps.size).toBeGreaterThan(0);
        const { version } = await readOrFail(id);
        await write(world.adapter, order, { memo });
        expect((await readOrFail(id)).version).toBe(version);
      });

      test("a limit is told as throttled, with the time to wait", async () => {
        world.arrange({ kind: "throttled", retryAfterSeconds: 17 });
        const refused = await refusalOf(create("Throttled"));
        expect(refused).toMatchObject({ code: "throttled", retryAfterMs: 17_000 });
        expect(refused.outcomeUnknown).toBe(false);
      });

      test("a lost answer to a write leaves its outcome unknown, to a read it doesn't", async () => {
        const record = await create("Lost answers");
        world.arrange({ kind: "lost-after" });
        const reading = await refusalOf(world.adapter.read(record.id, {}));
        expect(reading).toMatchObject({ code: "unavailable", outcomeUnknown: false });
        world.arrange({ kind: "lost-after" });
        const writing = write(world.adapter, {
          key: newKey(),
          recordId: record.id,
          fields: { [fields.amount]: 2 },
        });
        expect(await refusalOf(writing)).toMatchObject({
          code: "unavailable",
          outcomeUnknown: true,
        });
      });

      test("an expired token is renewed once by itself, and else told as unauthorized", async () => {
        const record = await create("Token");
        world.expireToken(true);
        expect((await readOrFail(record.id)).id).toBe(record.id);
        world.expireToken(false);
        expect((await refusalOf(world.adapter.read(record.id, {}))).code).toBe("unauthorized");
        world.expireToken(true);
      });

      test("an aborted call rejects with the reason of the abort", async () => {
        const reason = new Error("enough");
        const signal = AbortSignal.abort(reason);
        const record = await create("Aborted");
        await expect(world.adapter.read(record.id, { signal })).rejects.toBe(reason);
      });

      test("an error repeats no value that was sent", async () => {
        const secret = "Ada.Confidential@example.com "
          .repeat(200)
          .slice(0, fields.notes.maxLength + 1);
        const refused = await refusalOf(
          write(world.adapter, {
            key: newKey(),
            fields: { ...basics("Secret title"), [fields.notes.field]: secret },
          }),
        );
        expect(refused.message).not.toContain("Confidential");
        expect(refused.message).not.toContain("Secret title");
      });
    });

    describeCrmWalks(() => ({ world, create, newKey, readOrFail }));

    test("a walk over everything ends with a watermark from which nothing is new", async () => {
      const changes = await walk(world.adapter, "");
      const next = await walk(world.adapter, lastWatermark(changes));
      expect(next.filter(({ kind }) => kind !== "watermark")).toEqual([]);
    });
  });
}
