import { expect, test } from "vitest";
import { loadMapping } from "../../crm/index.ts";
import { allVendorQuestions } from "../init/answers.ts";
import { crmSection, crmVendors, vendorOf } from "./registry.ts";

test.each(crmVendors.map((vendor) => [vendor.kind, vendor] as const))(
  "%s: its sandbox's section fits its schema, and its ready mapping is one of its own kind",
  async (kind, vendor) => {
    expect(vendorOf(kind)).toBe(vendor);
    const section = vendor.sandbox?.configFor("http://127.0.0.1:1", "a token");
    if (!section) return;
    const parsed = crmSection.parse(section);
    expect(parsed.kind).toBe(kind);
    expect(vendor.faults?.(parsed) ?? []).toEqual([]);
    const mapping = loadMapping(await vendor.mappingText(parsed), `${kind} mapping`);
    expect(mapping.crmKind).toBe(kind);
  },
);

test("a kind that isn't there is refused with those that are", () => {
  expect(() => vendorOf("filemaker")).toThrow('There is no CRM of the kind "filemaker".');
  expect(crmSection.safeParse({ kind: "filemaker" }).success).toBe(false);
});

test("a secret that a vendor asks for has a variable of its own", () => {
  for (const vendor of crmVendors) {
    const secrets = vendor.questions.flatMap(({ secretVariable }) => secretVariable ?? []);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const name of secrets) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
  }
  const names = allVendorQuestions().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
