import { describe, expect, test } from "vitest";
import type { PatchOperation, Referral } from "../contract/index.ts";
import { holdsPatch, holdsUpdate } from "./written.ts";

const current: Referral = {
  id: "r1",
  eTag: '"2"',
  externalReferenceId: "7",
  details: { dealValue: 6000, closingDateTime: "2027-03-01T00:00:00Z", notes: "x" },
  team: [{ email: "a@x.example", firstName: "A", id: "added-by-the-service" }],
};
const add = (path: string, value: unknown): PatchOperation => ({ op: "add", path, value });

describe("a referral holds a patch", () => {
  const held: readonly [string, PatchOperation[]][] = [
    ["of the same value", [add("/details/notes", "x")]],
    ["of a number written as text", [add("/details/dealValue", "6000.00")]],
    ["of the same moment in another form", [add("/details/closingDateTime", "2027-03-01")]],
    ["of a member to whom the service gave an id", [add("/team/-", { email: "a@x.example" })]],
    ["of a whole list", [add("/team", [{ email: "a@x.example" }])]],
    ["of nothing where nothing is", [add("/campaignId", null)]],
    ["whose last value for a path it is", [add("/details/notes", "y"), add("/details/notes", "x")]],
  ];
  test.each(held)("%s", (_name, operations) => {
    expect(holdsPatch(current, operations)).toBe(true);
  });

  const missing: readonly [string, PatchOperation[]][] = [
    ["of another value", [add("/details/notes", "y")]],
    ["of an id that only looks like the same number", [add("/externalReferenceId", "07")]],
    ["of a longer list", [add("/team", [{ email: "a@x.example" }, { email: "b@x.example" }])]],
    ["of a shorter list", [add("/team", [])]],
    ["of another member", [add("/team/-", { email: "b@x.example" })]],
    ["of which one half is missing", [add("/details/notes", "x"), add("/campaignId", "c")]],
    ["of an inherited property", [add("/constructor", "x")]],
    ["below a value that is no object", [add("/details/notes/x", "x")]],
  ];
  test.each(missing)("not %s", (_name, operations) => {
    expect(holdsPatch(current, operations)).toBe(false);
  });
});

test("a referral holds an update that differs only in what the server sets", () => {
  const sent = { ...current, eTag: '"1"', updatedDateTime: "2020-01-01T00:00:00Z" };
  expect(holdsUpdate(current, sent)).toBe(true);
  expect(holdsUpdate(current, { ...sent, name: "Another" })).toBe(false);
});
