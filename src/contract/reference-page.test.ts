import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fields } from "./fields.ts";
import { operations } from "./operations.ts";
import {
  actionParameters,
  listDefinition,
  type ParameterRow,
  referralDefinition,
  referralTypeName,
} from "./reference-page.ts";

// The Referral as the specification lists it, kept apart from the statement on purpose.
const definition = readFileSync(new URL("reference-page.txt", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [path, type, title, description] = line.split(" | ");
    return { title, path, type, description };
  });

const correlationId = [
  "Correlation ID | MS-CorrelationId | - | string | The unique identifier to track the request",
];

const row = ({ title, key, required, type, description }: ParameterRow): string =>
  [title, key, required ? "True" : "-", type || "-", description].join(" | ");

/** The body's fields as parameters: the records inside a list stand in the list's place. */
const bodyRows = definition
  .filter(({ type }) => type !== "array of object")
  .map(({ title, path, type, description }) =>
    [title, path?.replace(/^[^@]*\./, ""), "-", type, description].join(" | "),
  );

test("the Referral's definition has the 74 paths of the specification, titles and types", () => {
  expect(definition).toHaveLength(74);
  expect(referralDefinition).toEqual(definition);
});

test("the list's definition has the context, the count and the referrals", () => {
  expect(listDefinition.map(({ path, type }) => [path, type])).toEqual([
    ["@odata.context", "string"],
    ["@odata.count", "integer"],
    ["value", `array of ${referralTypeName}`],
  ]);
});

test("the five actions have 69, 2, 8, 71 and 5 parameters", () => {
  const specified = operations.filter(({ edition }) => edition === "specification");
  expect(specified.map(({ operationId }) => actionParameters(operationId).length)).toEqual([
    69, 2, 8, 71, 5,
  ]);
});

test("creating takes each field of the referral, and the correlation id", () => {
  expect(actionParameters("CreateReferral").map(row)).toEqual([...bodyRows, ...correlationId]);
});

test("getting by id takes the id and the correlation id", () => {
  expect(actionParameters("GetReferralById").map(row)).toEqual([
    "Referral ID | id | True | string | Identifier of the referral.",
    ...correlationId,
  ]);
});

test("getting all takes seven query options and the correlation id", () => {
  expect(actionParameters("GetAllReferrals").map(row)).toEqual([
    "Expand Query | $expand | - | string | Expands related entities inline (default = none).",
    "Filter Query | $filter | - | string | An ODATA filter query to restrict the entries " +
      "returned (e.g. stringColumn eq 'string' OR numberColumn lt 123).",
    "Select Query | $select | - | string | An ODATA select query to display which properties to " +
      "include in the response.",
    "Order By | $orderby | - | string | An ODATA orderBy query for specifying the order of " +
      "entries.",
    "Top Count | $top | - | integer | Total number of entries to retrieve (default = all).",
    "Skip Count | $skip | - | integer | The number of entries to skip (default = 0).",
    "Count | $count | - | boolean | Includes a count of the matching results in the response.",
    "Correlation ID | MS-CorrelationId | - | string | The unique identifier to track the request.",
  ]);
});

test("updating takes the id, each field of the referral, if-match and the correlation id", () => {
  expect(actionParameters("UpdateReferralById").map(row)).toEqual([
    "Referral ID | id | True | string | The unique id for this referral.",
    ...bodyRows,
    "Used for if match header from the client | if-match | True | string | Used for if match " +
      "header from the client.",
    ...correlationId,
  ]);
});

test("patching takes the id, the correlation id, and an operation's three properties", () => {
  expect(actionParameters("PatchReferralById").map(row)).toEqual([
    "Referral ID | id | True | string | The unique id for this referral",
    ...correlationId,
    "Update Operation | op | - | string | Choose an update (patch) operation",
    "Field Path | path | - | string | Path to specific field within referral document for e.g. " +
      "/details/notes",
    "Value | value | - | - | New value to be replaced",
  ]);
});

test("later editions add two operations and the fields of deal registrations", () => {
  const added = operations.filter(({ edition }) => edition === "current");
  expect(added.map(({ operationId, method, path }) => [operationId, method, path])).toEqual([
    ["CreateDealRegistrationByReferralId", "PATCH", "/referrals/{id}/"],
    ["PatchDealRegistrationByReferralId", "PATCH", "/referrals/{id}//"],
  ]);
  const later = fields.filter(({ edition }) => edition === "current").map(({ path }) => path);
  expect(later).toEqual(expect.arrayContaining(["mpnId", "registrations.contract.term"]));
});
