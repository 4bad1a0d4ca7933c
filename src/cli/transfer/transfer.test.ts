import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { DealDetail, DealField } from "../../contract/index.ts";
import { changesOfRow } from "./changes-of-row.ts";
import { openJournal } from "./journal.ts";
import { readRows, writeRows } from "./table-file.ts";

const folder = mkdtempSync(join(tmpdir(), "transfer-"));
const seed = Number(process.env.SEED ?? 20260105);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cell = fc.oneof(
  fc.string(),
  fc.constantFrom("=1+1", "-x", "'quoted", "a;b,c", 'say "so"', "two\nlines", "Müller", "-5"),
);

test("what was written to a CSV file is read back, formulas and line breaks included", async () => {
  const path = join(folder, "cells.csv");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
      async (rows) => {
        const written = rows.map(([left, right]) => ({
          id: "1",
          left: left.trim(),
          right: right.trim(),
        }));
        await writeRows(path, written);
        const read = await readRows(path);
        // The reader trims and takes any line's end for one: so do people's spreadsheets.
        const same = (text: unknown): string => String(text).replace(/\r\n?/g, "\n").trim();
        expect(read.map(({ values }) => [same(values.left), same(values.right)])).toEqual(
          written.map(({ left, right }) => [same(left), same(right)]),
        );
      },
    ),
    { seed, numRuns: 200 },
  );
});

test("a file that a German spreadsheet wrote is read by its semicolons", async () => {
  const path = join(folder, "german.csv");
  appendFileSync(path, "\ufeffid;dealValue\r\nabc;71000\r\n");
  expect(await readRows(path)).toEqual([{ line: 2, values: { id: "abc", dealValue: "71000" } }]);
});

test("a file that isn't well-formed is refused with its place", async () => {
  const path = join(folder, "broken.json");
  appendFileSync(path, '{"id": 1}');
  await expect(readRows(path)).rejects.toMatchObject({ place: path });
  await expect(readRows(join(folder, "deals.xlsx"))).rejects.toMatchObject({
    remedy: "Call it .csv or .json.",
  });
});

test("a journal survives a line that a crash cut short", () => {
  const path = join(folder, "journal");
  const journal = openJournal<{ row: number }>(path);
  journal.add({ row: 1 });
  appendFileSync(path, '{"row": 2, "half');
  openJournal<{ row: number }>(path).add({ row: 3 });
  expect(openJournal<{ row: number }>(path).lines).toEqual([{ row: 1 }, { row: 3 }]);
});

const field = (name: string, referral: DealField["referral"], isEditable = true): DealField =>
  ({ name, label: name, referral, isEditable }) as DealField;
const deal = {
  fields: [
    field("dealValue", 50_000),
    field("notes", null),
    field("shared", false),
    field("team", [{ id: "a" }]),
    field("country", "DE", false),
  ],
} as unknown as DealDetail;

test("only a cell that differs changes anything, and it keeps the field's own kind of value", () => {
  const row = {
    id: "x",
    dealValue: "61000.5",
    notes: "",
    shared: "true",
    team: '[{"id":"a"}]',
    country: "DE",
  };
  expect(changesOfRow(row, deal)).toEqual({
    ok: true,
    values: { dealValue: 61_000.5, shared: true },
  });
});

test.each([
  [{ dealValue: "many" }, "is no such value"],
  [{ country: "FR" }, "takes no change of it"],
  [{ colour: "red" }, 'no mapped field is called "colour"'],
  [{ team: "[{" }, "is no such value"],
])("%j is refused with the reason", (row, reason) => {
  const changes = changesOfRow(row, deal);
  expect(changes.ok === false && changes.reason).toContain(reason);
});
