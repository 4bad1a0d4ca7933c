import { expect, test } from "vitest";
import { categoryOf, dealTypeOf } from "./kinds.ts";
import { actions, answerWithinMs, lifecycle, movesFrom, registrationWaitMs } from "./lifecycle.ts";

const hourMs = 3_600_000;
const answerDays = answerWithinMs / hourMs / 24;
const waitHours = registrationWaitMs / hourMs;

const statusRows = Object.entries(lifecycle).map(
  ([status, { substatuses, mayBecome }]) =>
    `| ${status} | ${substatuses.join(", ")} | ${mayBecome.join(", ") || "– (final)"} |`,
);

const actionRows = Object.entries(actions).map(
  ([action, { status, substatus }]) => `| ${action} | ${status} | ${substatus} |`,
);

const arrows = Object.entries(lifecycle).flatMap(([status, { mayBecome }]) =>
  mayBecome.length === 0
    ? [`  ${status} --> [*]`]
    : mayBecome.map((next) => `  ${status} --> ${next}`),
);

const moves = Object.entries(lifecycle)
  .flatMap(([status, { substatuses }]) => substatuses.map((substatus) => ({ status, substatus })))
  .reduce((count, state) => count + movesFrom(state).length, 0);

const page = `<!-- Made from src/contract/lifecycle.ts by: npx vitest run src/contract --update -->

# The lifecycle of a referral

\`\`\`mermaid
stateDiagram-v2
  [*] --> New
  [*] --> Active
${arrows.join("\n")}
\`\`\`

| Status | Substatus | May become |
|---|---|---|
${statusRows.join("\n")}

Status and substatus are set together, in one patch. Of all pairs of states ${moves} moves are
allowed; every other one is refused with \`illegalTransition\`, and any from a closed referral with
\`finalState\`. Both enumerations also hold \`None\`, which is no state of the lifecycle. A referral
that its own partner creates may come back as Active/Accepted at once: what counts is the answer.

| Action | Status | Substatus |
|---|---|---|
${actionRows.join("\n")}

A lost referral says why in \`statusReason\`.

## Time

- A new referral that nobody answers within ${answerDays} days of its creation is closed as Expired.
  Where the referral names an \`expirationDateTime\`, that one counts.
- Between the creation of a deal that is to be registered and its win, ${waitHours} hours must pass;
  otherwise its registration may be rejected.

## Sharing

\`consent.consentToShareReferralWithMicrosoftSellers\` may go from false to true and never back:
withdrawing it is refused with \`shareConsentIrreversible\`.

## Deal types

| Deal type | \`type\` | Shared with Microsoft | Help asked for |
|---|---|---|---|
| private | Independent | no | no |
| partner-led | any | yes | no |
| co-sell | Shared | yes | yes, as \`inviteContext.assistanceRequestCode\` |

A co-sell engagement is two referrals with one \`engagementId\`: the partner's own, and Microsoft's,
whose target is the BusinessProfileLocation \`msft\`.

## Categories

| Category | \`type\` | \`qualification\` | Invited by |
|---|---|---|---|
| marketplace-lead | Independent | Direct | Microsoft (\`msft\`) or nobody |
| qualified-lead | Independent | SalesQualified, MarketingQualified | Microsoft |
| co-sell-opportunity | any | SalesQualified, None | a partner's organization |
`;

test("docs/reference/lifecycle.md is the table", async () => {
  await expect(page).toMatchFileSnapshot("../../docs/reference/lifecycle.md");
});

/** The rows of the page's table that starts with this heading. */
const tableOf = (heading: string): readonly (readonly string[])[] => {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => line.startsWith(`| ${heading} |`)) + 2;
  const length = lines.slice(first).findIndex((line) => !line.startsWith("|"));
  return lines.slice(first, first + length).map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replaceAll("`", "")),
  );
};

test("each deal type of the page is what the contract calls it", () => {
  const rows = tableOf("Deal type");
  expect(rows).toHaveLength(3);
  for (const [dealType, type = "", shared, help = ""] of rows) {
    const referral = {
      type: type === "any" ? "Independent" : type,
      consent: { consentToShareReferralWithMicrosoftSellers: shared === "yes" },
      inviteContext: {
        assistanceRequestCode: help.startsWith("yes") ? "GeneralOrOther" : "Unknown",
      },
    };
    expect(dealTypeOf(referral)).toBe(dealType);
  }
});

test("each category of the page is what the contract calls it", () => {
  const rows = tableOf("Category");
  expect(rows).toHaveLength(3);
  for (const [category, type = "", qualifications = "", inviter = ""] of rows) {
    const organizationId = inviter.startsWith("Microsoft") ? "msft" : "9a6e1c1e";
    for (const qualification of qualifications.split(", ")) {
      const referral = {
        type: type === "any" ? "Shared" : type,
        qualification,
        inviteContext: { invitedBy: { organizationId } },
      };
      expect(categoryOf(referral)).toBe(category);
    }
  }
});
