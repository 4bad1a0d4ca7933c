import { expect, test } from "vitest";
import { readyDynamicsMappingText } from "../../crm/dynamics365/index.ts";
import { loadMapping } from "../../crm/index.ts";
import { createProjection, type HistoryEntry } from "../../sync/index.ts";
import { historyWithWords } from "./history-words.ts";

const projection = createProjection(loadMapping(readyDynamicsMappingText()));

const seen = (
  side: "crm" | "referral",
  field: string,
  from: string | number,
  to: string | number,
) =>
  ({ sequence: 1, pairId: "p", at: 0, kind: "seen", side, fields: [{ field, from, to }] }) as const;

const wordsOf = (entry: HistoryEntry) => historyWithWords([entry], projection)[0]?.fields?.[0];

test("a choice's number is named by what it means in the referral", () => {
  expect(wordsOf(seen("crm", "microsoftHelp", 727_000_001, 727_000_003))).toMatchObject({
    from: 727_000_001,
    fromWord: "CustomerTechnicalArchitecture",
    toWord: "QuotesOrLicensing",
  });
  expect(wordsOf(seen("crm", "status", "open/1", "won/3"))).toMatchObject({
    fromWord: "Active/Accepted",
    toWord: "Closed/Won",
  });
});

test("amounts, names and unknown numbers stay as they are", () => {
  const plain = [
    seen("crm", "dealValue", 727_000_001, 2),
    seen("crm", "name", "Deal 1", "Deal/2"),
    seen("crm", "microsoftHelp", 1, 2),
    seen("referral", "microsoftHelp", "GeneralOrOther", "QuotesOrLicensing"),
  ];
  expect(historyWithWords(plain, projection)).toEqual(plain);
});
