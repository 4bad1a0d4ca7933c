import { Signature } from "@hubspot/api-client";
import { expect, test } from "vitest";
import type { CrmDelivery } from "../webhook-port.ts";
import { hubSpotWebhook } from "./webhook.ts";

const clientSecret = "app-secret";
const sentMs = Date.parse("2026-05-04T08:00:00Z");
const url = "https://sync.example/webhooks/hubspot?account=62515";
const events = [
  { subscriptionType: "deal.propertyChange", objectId: 18_290_000_001, propertyName: "amount" },
  { subscriptionType: "deal.creation", objectId: 18_290_000_001 },
  { subscriptionType: "contact.propertyChange", objectId: 7 },
];

function verifierAt(ms: number, registered = url) {
  const clock = { now: () => ms, sleep: async () => {} };
  return hubSpotWebhook({ clientSecret, clock, url: registered });
}

/** Signed by HubSpot's own client. */
function delivery(rawBody = JSON.stringify(events)): CrmDelivery {
  const signature = Signature.getSignature("POST", "v3", {
    clientSecret,
    url,
    requestBody: rawBody,
    timestamp: sentMs,
    signature: "",
  });
  return {
    method: "POST",
    rawBody,
    headers: {
      "x-hubspot-signature-v3": signature,
      "x-hubspot-request-timestamp": String(sentMs),
    },
  };
}

test("a webhook that HubSpot's own client signed is believed, and only hints at deals", () => {
  expect(verifierAt(sentMs + 1000)(delivery())).toEqual({
    ok: true,
    recordIds: ["18290000001"],
  });
});

test("one that is older than five minutes, or comes from the future, isn't believed", () => {
  expect(verifierAt(sentMs + 300_000)(delivery()).ok).toBe(true);
  expect(verifierAt(sentMs + 300_001)(delivery()).ok).toBe(false);
  expect(verifierAt(sentMs - 300_001)(delivery()).ok).toBe(false);
});

test.each([
  ["another body", { rawBody: JSON.stringify([{ ...events[0], objectId: 1 }]) }],
  ["another method", { method: "GET" }],
  ["no signature", { headers: { "x-hubspot-request-timestamp": String(sentMs) } }],
  [
    "a signature of another length",
    {
      headers: {
        "x-hubspot-signature-v3": "AAAA",
        "x-hubspot-request-timestamp": String(sentMs),
      },
    },
  ],
])("%s isn't believed", (_title, changed) => {
  expect(verifierAt(sentMs)({ ...delivery(), ...changed }).ok).toBe(false);
});

test("an address is compared as HubSpot signs it: some characters decoded", () => {
  const encoded = "https://sync.example/webhooks/hub%3Aspot%2Fx?account=62515";
  const plain = "https://sync.example/webhooks/hub:spot/x?account=62515";
  const rawBody = "[]";
  const signature = Signature.getSignature("POST", "v3", {
    clientSecret,
    url: plain,
    requestBody: rawBody,
    timestamp: sentMs,
    signature: "",
  });
  const headers = {
    "x-hubspot-signature-v3": signature,
    "x-hubspot-request-timestamp": String(sentMs),
  };
  expect(verifierAt(sentMs, encoded)({ method: "POST", rawBody, headers }).ok).toBe(true);
  expect(verifierAt(sentMs, url)({ method: "POST", rawBody, headers }).ok).toBe(false);
});

test("a signed body that is no list of events is refused", () => {
  expect(verifierAt(sentMs)(delivery("{}")).ok).toBe(false);
  expect(verifierAt(sentMs)(delivery("not json")).ok).toBe(false);
});
