import { expect, test } from "vitest";
import { claimsOf, webhookFindings } from "./check-partner-center.ts";
import { judgeSkew } from "./clock-skew.ts";
import { doctorText, verdictText } from "./doctor-text.ts";
import { findingsOf } from "./finding.ts";

const now = Date.UTC(2026, 0, 5, 12);
const verdictAt = (skewMs: number): string | undefined =>
  judgeSkew("CRM", new Date(now - skewMs).toUTCString(), now)[0]?.verdict;

test("clocks may differ by a minute; two are a warning, five a problem", () => {
  expect([60_000, 150_000, 400_000, -400_000].map(verdictAt)).toEqual([
    "good",
    "warn",
    "bad",
    "bad",
  ]);
  expect(judgeSkew("CRM", undefined, now)).toEqual([]);
});

const token = (claims: unknown): string =>
  ["{}", JSON.stringify(claims), ""]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");

test("a token tells account, role and second factor; an opaque one tells nothing", () => {
  expect(claimsOf(token({ upn: "a@b.example", roles: ["Referrals admin"], amr: ["pwd"] }))).toEqual(
    {
      account: "a@b.example",
      roles: ["Referrals admin"],
      hasMfa: false,
    },
  );
  expect(claimsOf(token({ idtyp: "app", amr: ["pwd"] })).hasMfa).toBeUndefined();
  expect(claimsOf("opaque")).toEqual({ roles: [] });
});

test("events that go to another tool are a warning that hides the secret in its address", () => {
  const [finding] = webhookFindings(
    {
      WebhookUrl: "https://prod-12.flow.example/hook?sig=secret",
      WebhookEvents: ["referral-updated"],
      SignatureTokenToMsSignatureHeader: true,
    },
    "https://sync.example/webhooks/partner-center",
  );
  expect(finding).toMatchObject({ verdict: "warn" });
  expect(finding?.sentence).toContain("https://prod-12.flow.example/hook (another tool)");
  expect(JSON.stringify(finding)).not.toContain("secret");
  expect(finding?.remedy).toContain("take-over");
});

test("every finding that isn't good is printed with its remedy, and counted", () => {
  const { good, warn, bad } = findingsOf("Dynamics 365");
  const findings = [good("signed in"), bad("column missing", "create it"), warn("odd", "look")];
  const text = doctorText(findings, 80);
  expect(text).toContain("create it");
  expect(text).toContain("look");
  expect(verdictText(findings)).toMatch(/1 problem.*1 warning/);
});
