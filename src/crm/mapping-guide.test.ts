import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadMapping } from "./compile-mapping.ts";
import { computedValue } from "./computed-value.ts";
import { mappingJsonSchema } from "./mapping-schema.ts";

const guide = readFileSync(new URL("../../docs/guides/mapping.md", import.meta.url), "utf8");

function blocks(language: string): readonly string[] {
  const found = guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"));
  return [...found].map((match) => match[1] ?? "");
}

const head = `crm: dynamics365
share: { field: sync, values: [true] }
fields:
`;
const wholeFile = (block: string): string =>
  /^crm:/m.test(block) && block.includes("fields:") ? block : head + block.replace(/^/gm, "  ");

test.each(blocks("yaml"))("example %# of the mapping guide is a mapping", (block) => {
  expect(loadMapping(wholeFile(block)).fields.length).toBeGreaterThan(0);
});

test("the guide shows every lens and every key that a file may have", () => {
  const schema = JSON.stringify(mappingJsonSchema());
  const kinds = [...schema.matchAll(/"kind":\{"type":"string",("const":"\w+"|"enum":\[[^\]]*\])/g)]
    .flatMap((match) => [...(match[1] ?? "").matchAll(/"(\w+)"/g)])
    .map((match) => match[1] ?? "")
    .filter((word) => word !== "const" && word !== "enum");
  expect(new Set(kinds).size).toBe(11);
  for (const kind of kinds) expect(guide, kind).toContain(`**\`${kind}\`**`);
  const { properties } = mappingJsonSchema() as { properties: Readonly<Record<string, unknown>> };
  for (const key of Object.keys(properties)) expect(guide, key).toMatch(new RegExp(`\\b${key}\\b`));
});

test("the faults that the guide shows are told in these words", () => {
  const [shown = ""] = blocks("text");
  const file = `crm: dynamics365
share:
  field: sync
  values: [true]

fields:
  - name: name
    label: Topic
    referral: /name
    crm: name
    lens: text
  - name: stage
    label: Stage
    referral: /salesStage
    crm: stepname
    lens: { kind: stage, values: [{ crm: 1, referral: Qualify }] }
`;
  expect(() => loadMapping(file)).toThrow(shown.trim());
});

test("the guide's expressions give what it says", () => {
  const [computed = ""] = blocks("yaml").filter((block) => block.includes("expression:"));
  const [reason = "", headline = ""] = [...computed.matchAll(/expression: '(.*)'/g)].map(
    (match) => match[1] ?? "",
  );
  expect(computedValue(reason)({ status: "lost/4" })).toBe("Another offer was chosen.");
  expect(computedValue(reason)({ status: "won/3" })).toBeNull();
  const referral = { name: "Portal", customerProfile: { address: { country: "FR" } } };
  expect(computedValue(headline)(referral)).toBe("Portal (FR)");
});
