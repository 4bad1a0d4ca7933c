import { expect, test } from "vitest";
import { categoryOf, dealTypeOf, isForMicrosoft, microsoftTarget } from "./kinds.ts";
import { assistanceRequestCodes, qualifications, referralTypes } from "./referral.ts";

const inviters = [undefined, null, "", "msft", "MSFT", "9a6e1c1e-partner"] as const;
const given = [undefined, null, ...qualifications] as const;

/** The table of the categories, read line by line. */
function expectedCategory(type: string, qualification: string, inviter: string): string {
  const line = `${type} ${qualification} ${inviter}`;
  if (/^Independent Direct (microsoft|nobody)$/.test(line)) return "marketplace-lead";
  if (/^Independent (Sales|Marketing)Qualified microsoft$/.test(line)) return "qualified-lead";
  if (/^\w+ (SalesQualified|None) partner$/.test(line)) return "co-sell-opportunity";
  return "none";
}

test("the 72 combinations of type, qualification and inviter have their category", () => {
  let checked = 0;
  for (const type of referralTypes) {
    for (const qualification of given) {
      for (const organizationId of inviters) {
        const inviter = organizationId
          ? organizationId.toLowerCase() === "msft"
            ? "microsoft"
            : "partner"
          : "nobody";
        const category = categoryOf({
          type,
          qualification,
          inviteContext: { invitedBy: { organizationId } },
        });
        expect(category ?? "none", `${type} ${qualification} ${organizationId}`).toBe(
          expectedCategory(type, qualification ?? "None", inviter),
        );
        checked += 1;
      }
    }
  }
  expect(checked).toBe(72);
});

test("the 48 combinations of type, consent and request for help have their deal type", () => {
  let checked = 0;
  for (const type of referralTypes) {
    for (const shared of [undefined, false, true]) {
      for (const assistanceRequestCode of [undefined, ...assistanceRequestCodes]) {
        const asksForHelp = assistanceRequestCode && assistanceRequestCode !== "Unknown";
        const found = dealTypeOf({
          type,
          consent: { consentToShareReferralWithMicrosoftSellers: shared },
          inviteContext: { assistanceRequestCode },
        });
        const line = `${type} ${shared ? "shared" : "kept"} ${asksForHelp ? "help" : "alone"}`;
        const expected: Readonly<Record<string, string>> = {
          "Independent kept alone": "private",
          "Independent shared alone": "partner-led",
          "Shared shared alone": "partner-led",
          "Shared shared help": "co-sell",
        };
        expect(found, line).toBe(expected[line]);
        checked += 1;
      }
    }
  }
  expect(checked).toBe(48);
});

test("an empty referral has neither category nor deal type", () => {
  expect([categoryOf({}), dealTypeOf({})]).toEqual([undefined, undefined]);
});

test("Microsoft's side of a co-sell engagement is told by its target", () => {
  expect(isForMicrosoft({ target: [microsoftTarget] })).toBe(true);
  expect(isForMicrosoft({ target: [{ type: "BusinessProfileLocation", id: "MSFT" }] })).toBe(true);
  expect(isForMicrosoft({ target: [{ type: "SolutionProfile", id: "msft" }] })).toBe(false);
  expect([isForMicrosoft({ target: [] }), isForMicrosoft({})]).toEqual([false, false]);
});
