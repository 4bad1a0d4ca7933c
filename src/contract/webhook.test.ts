import { describe, expect, test } from "vitest";
import { readWebhookEvent, referralIdOf, webhookEvents } from "./webhook.ts";

const event = {
  EventName: "referral-updated",
  ResourceUri: "https://api.partnercenter.microsoft.com/v1/referrals/2f7c9d1e",
  ResourceName: "referral",
  AuditUri: "https://api.partnercenter.microsoft.com/auditactivity/v1/1",
  ResourceChangeUtcDate: "2026-03-01T10:00:00.1234567Z",
};

test("there are five events", () => {
  expect(webhookEvents).toHaveLength(5);
});

describe("the body of a webhook call", () => {
  test("is read with names in any case, null as absent, and what it has beside left out", () => {
    expect(readWebhookEvent(event)).toEqual({ ok: true, event });
    const other = {
      eventName: "referral-dreamt",
      RESOURCEURI: "x/1",
      auditUri: null,
      more: { a: 1 },
    };
    expect(readWebhookEvent(other)).toEqual({
      ok: true,
      event: { EventName: "referral-dreamt", ResourceUri: "x/1" },
    });
  });

  test.each([null, [], "referral-updated", 7, {}, { EventName: 1, ResourceUri: {} }])(
    "is refused where it is %j",
    (input) => {
      expect(readWebhookEvent(input)).toMatchObject({
        ok: false,
        problems: [{ pointer: "/EventName" }, { pointer: "/ResourceUri" }],
      });
    },
  );
});

test.each([
  ["https://api.partnercenter.microsoft.com/v1/referrals/2f7c9d1e", "2f7c9d1e"],
  ["https://api.partnercenter.microsoft.com/v1/referrals/2f7c9d1e/", "2f7c9d1e"],
  ["/v1/referrals/2f7c9d1e?x=/y#/z", "2f7c9d1e"],
  ["https://host/v1/referrals('2f7c9d1e')", "2f7c9d1e"],
  ["https://host/v1/referrals(2f7c9d1e)", "2f7c9d1e"],
  ["https://host/v1/a%2Fb", undefined],
  ["https://host/v1/..", undefined],
  ["https://host/v1/a b", undefined],
  ["2f7c9d1e", "2f7c9d1e"],
  ["https://host", undefined],
  ["https://host/%E0%A4%A", undefined],
  ["", undefined],
])("the referral of %j is %j", (uri, id) => {
  expect(referralIdOf(uri)).toBe(id);
});
