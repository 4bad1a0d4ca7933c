import { expect, test } from "vitest";
import { parse } from "yaml";
import type { FieldInfo } from "./inspection.ts";
import { suggestFields, suggestMappingText } from "./suggest-mapping.ts";

const fields: readonly FieldInfo[] = [
  { name: "id", label: "ID", type: "integer" },
  { name: "name", label: "Opportunity", type: "char" },
  { name: "expected_revenue", label: "Expected revenue", type: "monetary" },
  { name: "date_deadline", label: "Expected closing", type: "date" },
  { name: "description", label: "Notes", type: "html" },
  { name: "x_studio_7", label: "Country", type: "many2one" },
];

test("fields are matched by name or label, each once", () => {
  expect(suggestFields(fields).map(({ crm, referral }) => [referral, crm])).toEqual([
    ["/name", "name"],
    ["/details/dealValue", "expected_revenue"],
    ["/details/closingDateTime", "date_deadline"],
    ["/details/notes", "description"],
    ["/customerProfile/address/country", "x_studio_7"],
  ]);
});

test("nothing is proposed where nothing fits", () => {
  expect(suggestFields([{ name: "x", label: "Y", type: "char" }])).toEqual([]);
});

test("the first mapping's stages are the CRM's own", () => {
  const stages = [
    { value: "7", label: "Proposal" },
    { value: "won", label: "Won" },
    { value: "lost", label: "Lost" },
    { value: "9", label: "Waiting for Partner Center" },
  ];
  const { fields: lines } = parse(suggestMappingText(fields, stages, "status"));
  expect(lines.at(-1)).toMatchObject({
    crm: "status",
    lens: {
      values: [
        { crm: "7", referral: "Active/Accepted" },
        { crm: "won", referral: "Closed/Won" },
        { crm: "lost", referral: "Closed/Lost" },
        { crm: "9", referral: ["New/Pending", "New/Received"] },
      ],
    },
  });
});
