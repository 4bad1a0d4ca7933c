import { describe, expect, test } from "vitest";
import { ReferralsError } from "../contract/index.ts";
import { seededRandom } from "../runtime/index.ts";
import {
  jumpingClock,
  numberedCredential,
  type Step,
  scriptedHttp,
} from "./testing/scripted-world.ts";
import { WebhookRegistrationClient } from "./webhook-registration-client.ts";

const registrationUrl = "https://api.partnercenter.microsoft.com/webhooks/v1/registration";
const ours = "https://sync.contoso.example/webhooks";
const flow = "https://prod-12.flow.example/run?sig=very-secret";
const wish = { webhookUrl: ours, webhookEvents: ["referral-created", "referral-updated"] };

function clientTo(...steps: readonly Step[]) {
  const clock = jumpingClock();
  const scopes: unknown[] = [];
  const credential = numberedCredential(clock);
  const { http, requests } = scriptedHttp(...steps);
  const client = new WebhookRegistrationClient({
    credential: {
      getToken: (scope) => {
        scopes.push(scope);
        return credential.getToken([]);
      },
    },
    http,
    clock,
    random: seededRandom(1),
  });
  return { client, requests, scopes };
}

const registered = (WebhookUrl: string, ...WebhookEvents: string[]): Step => ({
  status: 200,
  body: { WebhookUrl, WebhookEvents, SignatureTokenToMsSignatureHeader: true },
});

describe("registering", () => {
  test("reads first, then creates, with the token of the webhook host", async () => {
    const { client, requests, scopes } = clientTo({ status: 404 }, { status: 200 });
    expect((await client.register(wish)).outcome).toBe("created");
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${registrationUrl}`,
      `POST ${registrationUrl}`,
    ]);
    expect(JSON.parse(requests[1]?.body ?? "")).toEqual({
      WebhookUrl: ours,
      WebhookEvents: ["referral-created", "referral-updated"],
      SignatureTokenToMsSignatureHeader: true,
    });
    expect(scopes).toEqual([["https://api.partnercenter.microsoft.com/.default"]]);
  });

  test("another's address is kept, and its holder named without its secret", async () => {
    const { client, requests } = clientTo(registered(flow, "referral-updated", "test-created"));
    const error = await client.register(wish).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ReferralsError);
    expect(error).toMatchObject({ code: "webhookTaken", retryable: false });
    const { message, problems } = error as ReferralsError;
    expect(message).toContain("https://prod-12.flow.example/run receives referral-updated");
    expect(JSON.stringify([message, problems])).not.toContain("very-secret");
    expect(problems).toHaveLength(2);
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("a take-over on purpose tells who hears nothing more", async () => {
    const { client, requests } = clientTo(registered(flow, "test-created"), { status: 200 });
    const result = await client.register({ ...wish, takeOver: true });
    expect(result).toMatchObject({
      outcome: "tookOver",
      silenced: { address: "https://prod-12.flow.example/run", events: ["test-created"] },
    });
    expect(requests[1]?.method).toBe("PUT");
  });

  test("our own registration keeps its events; no change costs one call", async () => {
    const more = clientTo(registered(ours, "test-created"), { status: 200 });
    const { registration } = await more.client.register(wish);
    expect(registration.WebhookEvents).toEqual([
      "test-created",
      "referral-created",
      "referral-updated",
    ]);
    const same = clientTo(registered(ours, "referral-updated", "referral-created", "x"));
    expect((await same.client.register(wish)).outcome).toBe("unchanged");
    expect(same.requests).toHaveLength(1);
  });

  test("a registration without an answer is not repeated", async () => {
    const { client, requests } = clientTo({ status: 404 }, "timeout");
    await expect(client.register(wish)).rejects.toMatchObject({ code: "outcomeUnknown" });
    expect(requests).toHaveLength(2);
  });
});

test("a registration is read in either spelling, and in either way of being absent", async () => {
  const camel = { webhookUrl: ours, webhookEvents: ["test-created"] };
  const absent: readonly Step[] = [{ status: 404 }, { status: 200, body: "" as const }];
  const { client } = clientTo({ status: 200, body: camel }, ...absent, { status: 200, body: {} });
  expect(await client.getRegistration()).toMatchObject({
    WebhookUrl: ours,
    WebhookEvents: ["test-created"],
  });
  expect(await client.getRegistration()).toBeUndefined();
  expect(await client.getRegistration()).toBeUndefined();
  expect(await client.getRegistration()).toBeUndefined();
});

test("a test event is asked for and looked up", async () => {
  const { client, requests } = clientTo(
    { status: 200, body: ["referral-created"] },
    { status: 200, body: { correlationId: "c-1" } },
    {
      status: 200,
      body: {
        status: "completed",
        results: [{ responseCode: "200", responseMessage: "OK", systemError: false }],
      },
    },
  );
  expect(await client.listEvents()).toEqual(["referral-created"]);
  const id = await client.createValidationEvent();
  expect(await client.getValidationEvent(id)).toEqual({
    correlationId: "c-1",
    status: "completed",
    attempts: [{ responseCode: "200", responseMessage: "OK", systemError: false }],
  });
  expect(requests.map(({ url }) => url.slice(registrationUrl.length))).toEqual([
    "/events",
    "/validationEvents",
    "/validationEvents/c-1",
  ]);
});
