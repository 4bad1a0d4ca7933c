import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { diffLines } from "./diff-lines.ts";
import { editYaml } from "./edit-yaml.ts";
import { mappingLines, readMappingText } from "./read-mapping.ts";

const ready = readFileSync(new URL("../../crm/dynamics365/mapping.yaml", import.meta.url), "utf8");

test("an edit of the ready mapping changes its own line and no other, comments stay", () => {
  const { spec } = readMappingText(ready, "mapping.yaml");
  const index = mappingLines(spec).findIndex(({ name }) => name === "dealValue");
  const changed = editYaml(ready, [{ path: ["fields", index, "policy"], value: "crm" }]);
  const diff = diffLines(ready, changed).filter(({ kind }) => kind !== "same");
  expect(diff.map(({ kind, text }) => `${kind} ${text.trim()}`)).toEqual([
    "gone policy: newest",
    "new policy: crm",
  ]);
  const comments = (text: string): number => text.match(/^\s*#/gm)?.length ?? 0;
  expect(comments(changed)).toBe(comments(ready));
});

test("a new line is appended, a removed one goes, and both leave a mapping that can run", () => {
  const count = mappingLines(readMappingText(ready, "m").spec).length;
  const line = { name: "campaign", label: "Campaign", referral: "/campaignId", crm: "pr_campaign" };
  const added = editYaml(ready, [
    { path: ["fields", count], value: { ...line, lens: "text", policy: "ask" } },
  ]);
  const { spec, faults } = readMappingText(added, "m");
  expect(faults).toEqual([]);
  expect(mappingLines(spec).at(-1)).toMatchObject({ name: "campaign", lens: "text" });
  const removed = editYaml(added, [{ path: ["fields", count] }]);
  expect(diffLines(ready, removed)).toEqual([]);
});

test("a fault is told with its line, and nothing is compiled", () => {
  const broken = editYaml(ready, [{ path: ["fields", 0, "referral"], value: "no pointer" }]);
  const { mapping, faults } = readMappingText(broken, "m");
  expect(mapping).toBeUndefined();
  expect(faults[0]?.sentence).toContain("JSON Pointer");
  expect(faults[0]?.line).toBe(ready.split("\n").findIndex((text) => /\/name$/.test(text)) + 1);
});
