import { expect, test } from "vitest";
import { z } from "zod";
import { jsonSchema } from "./json-schema.ts";
import { validateReferral } from "./validate.ts";

const read = z.fromJSONSchema(jsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);

const documents: readonly (readonly [string, unknown])[] = [
  ["an empty referral", {}],
  ["unknown values and properties", { status: "Parked", novelty: { a: [1] } }],
  ["null anywhere", { name: null, consent: null, team: null, details: { dealValue: null } }],
  ["an amount as a number", { details: { dealValue: 12.5 } }],
  ["an amount as text", { details: { dealValue: "12.50" } }],
  ["an amount as other text", { details: { dealValue: "much" } }],
  ["a list of people", { team: [{ email: "a@b.example", contactPreference: { locale: "de" } }] }],
  ["a list of numbers", { team: [1] }],
  ["a record in place of a list", { team: {} }],
  ["text in place of a record", { consent: "yes" }],
  ["a number in place of text", { name: 7 }],
  ["text in place of a flag", { favorite: "yes" }],
  ["a registration", { registrations: [{ contract: { value: 1, term: "Finite" } }] }],
  ["a wrong value deep inside", { registrations: [{ solutionDetails: [{ value: {} }] }] }],
];

test.each(documents)("JSON Schema and validation judge alike: %s", (_name, document) => {
  expect(read.safeParse(document).success).toBe(validateReferral(document, "read").ok);
});
