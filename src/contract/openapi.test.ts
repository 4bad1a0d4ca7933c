import { expect, test } from "vitest";
import { fields } from "./fields.ts";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";
import { openApiDocument } from "./openapi.ts";
import { operations } from "./operations.ts";
import { patchPaths } from "./patch-paths.ts";

const at = (from: unknown, ...steps: readonly string[]): unknown =>
  steps.reduce<unknown>((value, step) => (value as JsonSchema | undefined)?.[step], from);

/** The schema of a field, found by following references. */
function schemaOf(root: JsonSchema, base: readonly string[], path: string): JsonSchema {
  let record = at(root, ...base, "Referral");
  let found: unknown;
  for (const name of path.startsWith("@") ? [path] : path.split(".")) {
    found = at(record, "properties", name);
    const reference = /"\$ref":"([^"]+)"/.exec(JSON.stringify(found))?.[1];
    if (reference) record = at(root, ...reference.slice(2).split("/"));
  }
  return found as JsonSchema;
}

function referencesIn(value: unknown): readonly string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map(([, name = ""]) => name);
}

const schema = jsonSchema();
const document = openApiDocument({ serverUrl: "http://127.0.0.1:8080/v1.0/engagements" });

test("JSON Schema and OpenAPI describe every field, with title and who owns it", () => {
  for (const { path, title, description, write } of fields) {
    for (const found of [
      schemaOf(schema, ["$defs"], path),
      schemaOf(document, ["components", "schemas"], path),
    ]) {
      expect(found, path).toMatchObject({ title, description });
      expect(found.readOnly ?? false, path).toBe(write.length === 0);
    }
  }
});

test("every reference leads somewhere", () => {
  for (const root of [schema, document]) {
    const references = referencesIn(root);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(at(root, ...reference.slice(2).split("/")), reference).toBeDefined();
    }
  }
});

test("the OpenAPI document has all seven operations, each under its literal path", () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(Object.keys(document.paths as object)).toEqual([
    "/referrals",
    "/referrals/{id}",
    "/referrals/{id}/",
    "/referrals/{id}//",
  ]);
  for (const { operationId, path, method, responses } of operations) {
    const operation = at(document, "paths", path, method.toLowerCase());
    expect(operation).toMatchObject({ operationId });
    for (const { status } of responses) {
      expect(at(operation, "responses", String(status)), `${operationId} ${status}`).toBeDefined();
    }
  }
});

test("parameters are named once, those in the path are required, and If-Match for PUT", () => {
  for (const { path, method } of operations) {
    const parameters = at(document, "paths", path, method.toLowerCase(), "parameters") as {
      readonly name: string;
      readonly in: string;
      readonly required: boolean;
    }[];
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name.toLowerCase()}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.includes("path id")).toBe(path.includes("{id}"));
    for (const parameter of parameters) {
      if (parameter.in === "path") expect(parameter.required).toBe(true);
    }
    const ifMatch = parameters.find(({ name }) => name.toLowerCase() === "if-match");
    expect(ifMatch?.required).toBe(
      { PUT: true, PATCH: false, GET: undefined, POST: undefined }[method],
    );
  }
});

test("a new referral must have the four required parts, another needn't", () => {
  expect(at(document, "components", "schemas", "NewReferral")).toEqual({
    allOf: [
      { $ref: "#/components/schemas/Referral" },
      { required: ["consent", "customerProfile", "details", "type"] },
    ],
  });
  expect(at(document, "components", "schemas", "Referral", "required")).toBeUndefined();
});

test("the patch schemas together hold the allow-list", () => {
  const pathOf = (name: string) =>
    at(document, "components", "schemas", name, "items", "properties", "path") as {
      readonly enum?: readonly string[];
      readonly pattern?: string;
    };
  const pattern = new RegExp(pathOf("DealRegistrationUpdate").pattern ?? "^$");
  const listed = [
    ...(pathOf("PatchOperations").enum ?? []),
    ...(pathOf("DealRegistrationPatch").enum ?? []),
  ];
  for (const { path } of patchPaths) {
    const example = path.replaceAll("*", "12");
    expect(listed.includes(path) !== pattern.test(example), path).toBe(true);
  }
  expect(pattern.test("/registrations/0/contract/currency")).toBe(false);
  expect(pattern.test("/registrations/0/contract/value/x")).toBe(false);
});

test("known values are told without forbidding others", () => {
  const status = schemaOf(schema, ["$defs"], "status");
  expect(status["x-extensible-enum"]).toEqual(["None", "New", "Active", "Closed"]);
  expect(status.enum).toBeUndefined();
});

test("the server's address can be chosen and is Microsoft's otherwise", () => {
  expect(document.servers).toEqual([{ url: "http://127.0.0.1:8080/v1.0/engagements" }]);
  expect(openApiDocument().servers).toEqual([
    { url: "https://api.partner.microsoft.com/v1.0/engagements" },
  ]);
});
