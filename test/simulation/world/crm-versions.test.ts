import { expect, test } from "vitest";
import type { CrmVersions } from "../schedule/schedule.ts";
import { type CrmModel, type CrmRow, createCrmModel, isAsRead, isCurrent } from "./crm-model.ts";

// What a CRM's versions can tell apart, and what they can't.

interface Bench {
  readonly crm: CrmModel;
  readonly row: CrmRow;
  version(): string;
  pass(ms: number): void;
}

function bench(versions: CrmVersions): Bench {
  let now = Date.UTC(2026, 8, 1);
  const crm = createCrmModel({
    prefix: "crm",
    now: () => now,
    habits: {
      versions,
      secondStamps: true,
      clockSkewMs: 0,
      trims: false,
      reportsChildChanges: true,
    },
    onChange: () => {},
  });
  const row = crm.create("person", undefined, { name: "first" });
  return {
    crm,
    row,
    version: () => crm.record(row).version,
    pass: (ms) => {
      now += ms;
    },
  };
}

test("several edits within one second share a stamp, and are told apart by their content", () => {
  const { crm, row, version, pass } = bench("stamp-and-content");
  const [stamp, first] = [row.modifiedAt, version()];
  pass(300);
  crm.change(row.id, "person", "deal", { name: "second" });
  const second = version();
  pass(300);
  crm.change(row.id, "person", "deal", { name: "first" });
  expect(row.modifiedAt).toBe(stamp);
  expect(second).not.toBe(first);
  expect(version()).toBe(first);
});

test("what isn't mapped changes the version under the same stamp", () => {
  const { crm, row, version, pass } = bench("stamp-and-content");
  const first = version();
  pass(300);
  crm.churn(row.id);
  expect(version()).not.toBe(first);
  expect(version().split("+")[0]).toBe(first.split("+")[0]);
});

test("a changed contact leaves the deal's stamp alone, and changes its version", () => {
  const { crm, row, version, pass } = bench("stamp-and-content");
  const [stamp, first] = [row.modifiedAt, version()];
  pass(60_000);
  crm.change(row.id, "person", "contacts", { contacts: [{ email: "other@deal.example" }] });
  expect(row.modifiedAt).toBe(stamp);
  expect(version()).not.toBe(first);
});

test("a write is refused by the content just read, and by the stamp's second when it lands", () => {
  const { crm, row, version, pass } = bench("stamp-and-content");
  const first = version();
  pass(300);
  crm.change(row.id, "person", "deal", { name: "second" });
  expect(isAsRead(row, first, "stamp-and-content")).toBe(false);
  expect(isCurrent(row, "deal", first, "stamp-and-content")).toBe(true);
  pass(1_000);
  crm.change(row.id, "person", "deal", { name: "third" });
  expect(isCurrent(row, "deal", first, "stamp-and-content")).toBe(false);
});

test("a plain stamp tells nothing apart within its second, and compares nothing before a write", () => {
  const { crm, row, version, pass } = bench("stamp");
  const first = version();
  pass(300);
  crm.change(row.id, "person", "deal", { name: "second" });
  expect(version()).toBe(first);
  expect(isAsRead(row, first, "stamp")).toBe(true);
  expect(isCurrent(row, "deal", first, "stamp")).toBe(true);
});
