import { expect, test } from "vitest";
import { fields } from "./fields.ts";
import { validateReferral } from "./validate.ts";

const byPath = new Map(fields.map((field) => [field.path, field]));

test("of 144 fields, 87 are of the specification's edition: 74 listed, 13 groups", () => {
  expect(fields).toHaveLength(144);
  const specified = fields.filter(({ edition }) => edition === "specification");
  expect(specified).toHaveLength(87);
  expect(specified.filter(({ type }) => type === "record")).toHaveLength(13);
});

test("no two fields share a path or a pointer", () => {
  expect(byPath.size).toBe(fields.length);
  expect(new Set(fields.map(({ pointer }) => pointer)).size).toBe(fields.length);
});

test("each field says what it is called, what it is, who writes it and how it is shown", () => {
  expect(byPath.get("customerProfile.team.email")).toEqual({
    path: "customerProfile.team.email",
    pointer: "/customerProfile/team/*/email",
    type: "text",
    title: "Email",
    description: "Customer Team Email",
    write: ["create", "put"],
    edition: "specification",
    visibility: "none",
    required: false,
  });
  expect(byPath.get("type")).toMatchObject({
    required: true,
    visibility: "important",
    values: ["Independent", "Shared"],
  });
  expect(byPath.get("trackingInfo.microsoftMsxId")).toMatchObject({
    write: [],
    visibility: "advanced",
  });
  for (const { title, description } of fields) {
    expect(title.length * description.length).toBeGreaterThan(0);
  }
});

test("the server owns what it computes, and only a new referral may name its engagement", () => {
  const topLevel = fields.filter(({ pointer }) => pointer.lastIndexOf("/") === 0);
  const namesOf = (write: string): readonly string[] =>
    topLevel.filter((field) => field.write.join(" ") === write).map(({ path }) => path);
  expect(namesOf("")).toEqual([
    "@odata.context",
    "createdDateTime",
    "eTag",
    "expirationDateTime",
    "id",
    "links",
    "organizationId",
    "organizationName",
    "trackingInfo",
    "updatedDateTime",
    "mpnId",
    "registrationStatus",
    "callToAction",
    "referralSource",
    "quality",
    "isSpam",
    "direction",
    "tags",
    "acceptedDateTime",
    "closedDateTime",
  ]);
  expect(namesOf("create")).toEqual(["engagementId"]);
  expect(namesOf("append")).toEqual(["registrations"]);
});

test("a record belongs to the server exactly where everything in it does", () => {
  for (const { path, type, write } of fields) {
    if (type !== "record" && type !== "list") continue;
    const inside = fields.filter((field) => field.path.startsWith(`${path}.`));
    const isServers = inside.every((field) => field.write.length === 0);
    expect(write.length === 0, path).toBe(isServers);
  }
});

test("the required fields are those without which a referral is refused", () => {
  const result = validateReferral({}, "create");
  const missing = result.ok ? [] : result.problems.map(({ pointer }) => pointer);
  expect(fields.filter(({ required }) => required).map(({ pointer }) => pointer)).toEqual(missing);
});
