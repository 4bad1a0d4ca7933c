import { expect, test } from "vitest";
import { YamlFileError } from "../runtime/index.ts";
import { mappingJsonSchema } from "./mapping-schema.ts";
import { parseMapping } from "./parse-mapping.ts";

const head = `crm: dynamics365
share: { field: sync, values: [true] }
`;
const nameField =
  "  - { name: name, label: Topic, referral: /name, crm: name, lens: text, write: put }\n";

const stageField = `${head}fields:
  - name: a
    label: A
    referral: /salesStage
    crm: a
`;

function problemsOf(text: string): YamlFileError["problems"] {
  try {
    parseMapping(text);
  } catch (error) {
    if (error instanceof YamlFileError) return error.problems;
    throw error;
  }
  throw new Error("the mapping was accepted");
}

test("one slip of the YAML is told once, not again by all that it leads astray", () => {
  const slip = `${head}fields:\n${nameField}   bad: [\n  x: {\n`;
  expect(problemsOf(slip)).toMatchObject([{ line: 5, column: 1 }]);
  const both = `${head}share: { field: y }\ncrm: twice\nfields: [\n  x: {\n`;
  expect(problemsOf(both).map(({ line }) => line)).toEqual([3, 4, 7]);
});

const faults: readonly (readonly [title: string, text: string, place: string, says: string])[] = [
  ["a slip of the YAML", `${head}fields: [\n`, "4:1", "Flow sequence"],
  [
    "a repeated key",
    `${head}fields:\n${nameField}share: { field: x, values: [1] }\n`,
    "5:1",
    "unique",
  ],
  ["an unknown key", `${head}fields:\n${nameField}colour: red\n`, "5:1", '"colour"'],
  [
    "a lens that doesn't exist",
    `${head}fields:\n  - { name: a, label: A, referral: /a, crm: a, lens: txt, write: put }\n`,
    "4:54",
    "text",
  ],
  [
    "a lens option of the wrong type",
    `${head}fields:
  - { name: a, label: A, referral: /a, crm: a, write: put,
      lens: { kind: text, maxLength: much } }
`,
    "5:38",
    "number",
  ],
  [
    "a path that Partner Center doesn't patch",
    `${head}fields:\n  - { name: name, label: Topic, referral: /name, crm: name, lens: text }\n`,
    "4:43",
    "/name is not in Partner Center's list",
  ],
  [
    "a name used twice",
    `${head}fields:\n${nameField}${nameField}`,
    "5:13",
    "taken by the field name",
  ],
  [
    "a stage that isn't on /status",
    `${stageField}    lens: { kind: stage, values: [{ crm: 1, referral: A }] }\n`,
    "8:11",
    "the lens stage is for /status only",
  ],
  [
    "a value in two rows of a picklist",
    `${stageField}    lens:
      kind: picklist
      values:
        - { crm: 1, referral: A }
        - { crm: 1, referral: B }
`,
    "12:18",
    "1 stands in two rows",
  ],
  [
    "an expression with a slip",
    `${head}fields:\n  - { name: a, label: A, referral: /salesStage, expression: "a +" }\n`,
    "4:61",
    "expression",
  ],
  [
    "an expression that gives another result each time",
    `${head}fields:\n  - { name: a, label: A, referral: /salesStage, expression: "$now()" }\n`,
    "4:61",
    "$now gives another result each time",
  ],
  [
    "an expression with a regular expression",
    `${stageField.replace("    crm: a\n", "")}    expression: $contains(a, /(a+)+$/)\n`,
    "7:17",
    "a regular expression can't be stopped",
  ],
  [
    "a time zone that doesn't exist",
    `${stageField}    lens: { kind: date, timeZone: Mars/Base }\n`,
    "8:35",
    "IANA time zone",
  ],
  [
    "a holding stage in a field that isn't the status",
    `${head}holding: { field: stage, value: wait }\nfields:\n${nameField}`,
    "3:19",
    "mapped to /status",
  ],
];

test.each(faults)(
  "%s is refused with its place, reason and remedy",
  (_title, text, place, says) => {
    const [problem] = problemsOf(text);
    expect(`${problem?.line}:${problem?.column}`).toBe(place);
    expect(`${problem?.path} ${problem?.reason} ${problem?.remedy}`).toContain(says);
    expect(problem?.remedy.length).toBeGreaterThan(10);
  },
);

test("every fault of a file is told at once, each on a line of its own", () => {
  const bad = '  - { name: Bad Name, label: "", referral: name, crm: name, lens: text }';
  const text = `${head}fields:\n${bad}\n`;
  expect(problemsOf(text).map(({ path }) => path)).toEqual([
    "fields[0].name",
    "fields[0].label",
    "fields[0].referral",
  ]);
  expect(() => parseMapping(text, "my.yaml")).toThrow(/^my\.yaml:4:13: fields\[0\]\.name: /);
});

test("docs/reference/mapping.schema.json is the schema that files are checked with", async () => {
  const schema = `${JSON.stringify(mappingJsonSchema(), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot("../../docs/reference/mapping.schema.json");
});
