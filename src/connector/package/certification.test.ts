import SwaggerParser from "@apidevtools/swagger-parser";
import { describe, expect, test } from "vitest";
import { connectorDefinition } from "./definition.ts";
import { connectorEditions, connectorProfiles } from "./editions.ts";
import { connectorMetadata } from "./metadata.ts";

/*
 * The rules by which Microsoft certifies connectors, as far as a definition can show them, and the
 * places where the specification itself breaks them.
 */

interface Schema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Parameter extends Schema {
  readonly name: string;
  readonly in: string;
  readonly schema?: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { description: string; schema?: Schema }>>;
}

interface Definition {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** The specification says nothing of what is in these. */
const untyped = /\/(?:ids|solutions|offers)\/items$|\/value$/;
/** The specification describes these actions by their summaries. */
const describedBySummary = new Set(["CreateReferral", "GetAllReferrals"]);

const variants = connectorEditions.flatMap((edition) =>
  connectorProfiles.map((profile) => ({ edition, profile })),
);

const verbs = new Set(["get", "post", "put", "patch", "delete"]);
const operationsOf = (definition: Definition): readonly Operation[] =>
  Object.values(definition.paths).flatMap((item) =>
    Object.entries(item).flatMap(([verb, operation]) =>
      verbs.has(verb) ? [operation as Operation] : [],
    ),
  );

/** Each schema of the definition with its place. */
function schemasIn(schema: Schema, place: string): [string, Schema][] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    schemasIn(property, `${place}/${name}`),
  );
  const items = schema.items ? schemasIn(schema.items, `${place}/items`) : [];
  return [[place, schema], ...inside, ...items];
}

function allSchemas(definition: Definition): readonly [string, Schema][] {
  const named = Object.entries(definition.definitions).flatMap(([name, schema]) =>
    schemasIn(schema, name),
  );
  const inline = operationsOf(definition).flatMap((operation) => [
    ...operation.parameters.flatMap(({ name, schema }) =>
      schema ? schemasIn(schema, `${operation.operationId} ${name}`) : [],
    ),
    ...Object.entries(operation.responses).flatMap(([status, { schema }]) =>
      schema ? schemasIn(schema, `${operation.operationId} ${status}`) : [],
    ),
  ]);
  return [...named, ...inline];
}

describe.each(variants)("the $edition edition for $profile", ({ edition, profile }) => {
  const host = profile === "gateway" ? { host: "gateway.contoso.com" } : {};
  const document = connectorDefinition({ edition, profile, ...host });
  const definition = document as unknown as Definition;
  const operations = operationsOf(definition);

  test("is valid Swagger 2.0", async () => {
    const copy = structuredClone(document) as unknown as Parameters<
      typeof SwaggerParser.validate
    >[0];
    await expect(SwaggerParser.validate(copy)).resolves.toBeDefined();
  });

  test("has a title and a description that a gallery can show", () => {
    const { title, description } = definition.info;
    expect(title).toBe("Partner Center Referrals");
    expect(title.length).toBeLessThanOrEqual(30);
    expect(title).not.toMatch(/\b(?:API|Connector|Power Apps|Power Automate)\b/i);
    expect(description.length).toBeGreaterThanOrEqual(30);
    expect(description.length).toBeLessThanOrEqual(500);
  });

  test("names each operation once, in Pascal case without separators", () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Z][a-zA-Z\d]*$/);
  });

  test("sums up and describes each operation", () => {
    for (const { operationId, summary, description } of operations) {
      expect(summary, operationId).toMatch(/^[A-Z][A-Za-z\d ()']{3,79}$/);
      expect(description.length, operationId).toBeGreaterThan(10);
      if (!describedBySummary.has(operationId)) expect(description).not.toBe(summary);
    }
  });

  test("sums up and describes each parameter that makers see", () => {
    for (const { operationId, parameters } of operations) {
      for (const parameter of parameters) {
        if (parameter.in === "body") continue;
        expect(parameter.description, `${operationId} ${parameter.name}`).toBeTruthy();
        if (parameter["x-ms-visibility"] === "internal") continue;
        expect(parameter["x-ms-summary"], `${operationId} ${parameter.name}`).toBeTruthy();
      }
    }
  });

  test("fills in what is required and internal", () => {
    for (const { parameters } of operations) {
      for (const parameter of parameters) {
        const isHidden = parameter["x-ms-visibility"] === "internal";
        if (isHidden && parameter.required) expect(parameter.default).toBeTruthy();
      }
    }
  });

  test("titles and describes each field", () => {
    for (const [place, schema] of allSchemas(definition)) {
      const isField = /\/[^/]+$/.test(place) && !place.endsWith("/items") && !schema.$ref;
      if (!isField || place.endsWith("/value")) continue;
      expect(schema.description, place).toBeTruthy();
      if (schema.type !== "object" && !place.endsWith("/target")) {
        expect(schema.title, place).toBeTruthy();
      }
    }
  });

  test("gives each field a type, save the ones that the specification leaves open", () => {
    const open = allSchemas(definition).filter(([, schema]) => !schema.type && !schema.$ref);
    for (const [place] of open) expect(place).toMatch(untyped);
    const empty = allSchemas(definition).filter(
      ([, { type, properties }]) => type === "object" && Object.keys(properties ?? {}).length === 0,
    );
    expect(empty).toEqual([]);
  });

  test("tells the shape of each success with content, and of nothing else", () => {
    for (const { operationId, responses } of operations) {
      const successes = Object.keys(responses).filter((status) => status.startsWith("2"));
      expect(successes, operationId).toHaveLength(1);
      for (const [status, { description, schema }] of Object.entries(responses)) {
        expect(description).toBeTruthy();
        const hasContent = status === "200" || status === "201";
        expect(schema !== undefined, `${operationId} ${status}`).toBe(hasContent);
      }
    }
  });

  test("says who offers it, where, and in which categories", () => {
    expect(document["x-ms-connector-metadata"]).toEqual([
      { propertyName: "Website", propertyValue: "https://partner.microsoft.com/dashboard" },
      {
        propertyName: "Privacy policy",
        propertyValue: "https://privacy.microsoft.com/en-US/privacystatement",
      },
      { propertyName: "Categories", propertyValue: "Productivity;Sales and CRM" },
    ]);
    expect(definition.info).toMatchObject({
      contact: connectorMetadata.contact,
      "x-ms-api-annotation": { status: "Preview" },
    });
  });
});

test("the exemptions are needed: the specification leaves ids, solutions and value open", () => {
  const definition = connectorDefinition() as unknown as Definition;
  const open = allSchemas(definition).filter(([, schema]) => !schema.type && !schema.$ref);
  const names = open.map(([place]) => place.split("/").findLast((step) => step !== "items"));
  expect(names.toSorted()).toEqual(["ids", "solutions", "value"]);
});
