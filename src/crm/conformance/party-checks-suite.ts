import { expect } from "vitest";
import type { CrmFields, CrmRecord } from "../port.ts";
import { type CrmCheck, check } from "./check.ts";
import { write } from "./steps.ts";

/** Customers, their people, and rows of the deal's own. */
export const partyChecks: readonly CrmCheck[] = [
  check(
    "two deals of one customer share the account, however it is spelt",
    async ({ world, fields, create }) => {
      if (!fields.account) return;
      const { name: accountName, postalCode } = fields.account;
      await create("Shared customer");
      await create("Shared customer again", {
        [accountName]: "shared CUSTOMER Ltd",
        [postalCode]: "12 345",
      });
      expect(await world.count("account", "Shared customer Ltd")).toBe(1);
    },
  ),
  check(
    "people are added, found again by e-mail, changed and taken off",
    async ({ world, fields, create, newKey, readOrFail, customer }) => {
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
    },
  ),
  check(
    "rows of the deal's own are added, changed and taken off",
    async ({ world, fields, create, newKey, readOrFail }) => {
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
    },
  ),
];
