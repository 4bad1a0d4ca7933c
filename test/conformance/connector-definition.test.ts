import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { connectorDefinition } from "../../src/connector/index.ts";

// The reference page as a table of our own, typed off the page and not made from the contract.
const page = new Map(
  readFileSync(new URL("connector-reference-page.txt", import.meta.url), "utf8")
    .trim()
    .split("\n\n")
    .map((block) => {
      const [head = "", , ...rows] = block.split("\n");
      const [, name = "", about = ""] = /^\[(\w+)\] ?(.*)$/.exec(head) ?? [];
      return [name, { about, rows }] as const;
    }),
);

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Parameter extends Schema {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema?: Schema;
  readonly "x-ms-summary"?: string;
  readonly "x-ms-visibility"?: string;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Definition {
  readonly host: string;
  readonly basePath: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const definition = connectorDefinition({ edition: "specification" }) as unknown as Definition;
const operations = Object.values(definition.paths).flatMap((item) => Object.values(item));
const prefix = "Microsoft.Partner.Service.PartnerReferrals.Contracts.V3.";

const resolved = (schema: Schema): Schema => {
  const name = schema.$ref?.replace("#/definitions/", "");
  return name === undefined ? schema : (definition.definitions[name] ?? {});
};

function typeName(schema: Schema): string {
  if (schema.type === "number") return schema.format ?? "number";
  if (schema.type !== "array") return schema.type ?? "";
  const items = schema.items ?? {};
  return `array of ${items.$ref?.replace("#/definitions/", "") ?? items.type ?? ""}`.trim();
}

interface Place {
  readonly name: string;
  readonly path: string;
  readonly schema: Schema;
}

/** Every property below a schema; lists are walked through their items. */
function placesIn(schema: Schema, above = ""): Place[] {
  const inside = schema.items ?? schema;
  return Object.entries(inside.properties ?? {}).flatMap(([name, property]) => {
    const path = above === "" ? name : `${above}.${name}`;
    return [{ name, path, schema: property }, ...placesIn(property, path)];
  });
}

const isGroup = ({ schema }: Place): boolean => schema.type === "object";
const titleOf = ({ name, schema }: Place): string => schema.title ?? name;
const line = (...cells: readonly string[]): string => cells.join(" | ").trimEnd();

/** A body as a designer shows it: leaves only, a list by what is in it where that is known. */
const formOf = (schema: Schema): string[] =>
  placesIn(resolved(schema))
    .filter((place) => !isGroup(place) && typeName(place.schema) !== "array of object")
    .map((place) => {
      const { name, schema: leaf } = place;
      const description = leaf.description ?? "";
      return line(titleOf(place), name, "no", typeName(leaf), "none", description);
    });

const rowsOf = ({ parameters }: Operation): string[] =>
  parameters
    .filter((parameter) => parameter["x-ms-visibility"] !== "internal")
    .flatMap((parameter) => {
      if (parameter.schema) return formOf(parameter.schema);
      const visibility = parameter["x-ms-visibility"] ?? "none";
      return line(
        parameter["x-ms-summary"] ?? parameter.name,
        parameter.name,
        parameter.required ? "yes" : "no",
        typeName(parameter),
        visibility,
        parameter.description ?? "",
      );
    });

const definitionRows = (schema: Schema): string[] =>
  placesIn(schema)
    .filter((place) => !isGroup(place))
    .map((place) =>
      line(titleOf(place), place.path, typeName(place.schema), place.schema.description ?? ""),
    );

const actions = [
  ["CreateReferral", 69],
  ["GetReferralById", 2],
  ["GetAllReferrals", 8],
  ["UpdateReferralById", 71],
  ["PatchReferralById", 5],
] as const;

test("the specification edition has the five actions of the reference page and no other", () => {
  const ids = operations.map(({ operationId }) => operationId).sort();
  expect(ids).toEqual(actions.map(([id]) => id).toSorted());
});

test.each(actions)("%s has the reference page's %i parameters, none more", (id, count) => {
  const operation = operations.find(({ operationId }) => operationId === id);
  if (!operation) throw new Error(`${id} is missing`);
  expect(line(operation.summary, operation.description)).toBe(page.get(id)?.about);
  expect(rowsOf(operation).toSorted()).toEqual(page.get(id)?.rows.toSorted());
  expect(rowsOf(operation)).toHaveLength(count);
});

test("the Referral has the reference page's 74 paths with their types, none more", () => {
  const rows = definitionRows(definition.definitions[`${prefix}Referral`] ?? {});
  expect(rows.toSorted()).toEqual(page.get("Referral")?.rows.toSorted());
  expect(rows).toHaveLength(74);
});

test("the answer of Get all referrals has the reference page's three paths", () => {
  const list = definition.paths["/referrals"]?.get;
  const rows = definitionRows(list?.responses["200"]?.schema ?? {});
  expect(rows.toSorted()).toEqual(page.get("List")?.rows.toSorted());
});

test("the parameters stand in the page's order: the eTag and the ids frame the body", () => {
  const update = operations.find(({ operationId }) => operationId === "UpdateReferralById");
  expect(update?.parameters.map((parameter) => [parameter.in, parameter.name])).toEqual([
    ["path", "id"],
    ["body", "odataReferral"],
    ["header", "if-match"],
    ["header", "content-type"],
    ["header", "MS-CorrelationId"],
    ["header", "X-Caller-Id"],
  ]);
});

test("host, base path and internal headers are those that Microsoft's connector sends", () => {
  expect(definition.host).toBe("api.partner.microsoft.com");
  expect(definition.basePath).toBe("/v1.0/engagements/");
  for (const operation of operations) {
    const internal = operation.parameters.filter(
      (parameter) => parameter["x-ms-visibility"] === "internal",
    );
    const byName = Object.fromEntries(
      internal.map((parameter) => [parameter.name, Reflect.get(parameter, "default")]),
    );
    expect(byName).toEqual({
      ...(operation.operationId === "CreateReferral" ? {} : { "content-type": "application/json" }),
      "X-Caller-Id": "60858c1b-2062-40ad-b42c-996b6b5b047d",
    });
  }
});
