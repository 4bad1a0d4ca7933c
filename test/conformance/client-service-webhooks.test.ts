import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebhookRegistrationClient } from "../../src/client/index.ts";
import { type RunningService, runService } from "./running-service.ts";

let running: RunningService;
const heard: { readonly address: string; readonly event: string }[] = [];
const listener = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  heard.push({ address: String(request.url), event: JSON.parse(body).EventName });
  response.end();
});
let here = "";
beforeAll(async () => {
  running = await runService({ allowsPrivateWebhooks: true });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  here = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await running.close();
  await new Promise((resolve) => listener.close(resolve));
});

const clientOf = (app = running.apps.admin): WebhookRegistrationClient =>
  new WebhookRegistrationClient({
    credential: running.credentialOf(app),
    endpoint: running.urls.webhookRegistrationUrl,
  });

describe("webhook registration against the service", () => {
  const events = ["referral-created", "referral-updated"];

  test("none, created, unchanged, refused to another, taken over on purpose", async () => {
    const client = clientOf();
    expect(await client.getRegistration()).toBeUndefined();
    const wish = { webhookUrl: `${here}/mine?key=secret`, webhookEvents: events };
    expect((await client.register(wish)).outcome).toBe("created");
    expect((await client.register(wish)).outcome).toBe("unchanged");
    expect(await client.getRegistration()).toEqual({
      WebhookUrl: wish.webhookUrl,
      WebhookEvents: events,
      SignatureTokenToMsSignatureHeader: true,
    });

    const other = { webhookUrl: `${here}/theirs`, webhookEvents: ["referral-updated"] };
    const refused = await client.register(other).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "webhookTaken",
      message: `${here}/mine receives referral-created, referral-updated.`,
    });
    expect((await client.getRegistration())?.WebhookUrl).toBe(wish.webhookUrl);

    const taken = await client.register({ ...other, takeOver: true });
    expect(taken).toMatchObject({
      outcome: "tookOver",
      silenced: { address: `${here}/mine`, events },
    });
  });

  test("a test event reaches the registered address, and its fate can be read", async () => {
    const client = clientOf();
    const wish = { webhookUrl: `${here}/tests`, webhookEvents: ["test-created"], takeOver: true };
    await client.register(wish);
    expect(await client.listEvents()).toContain("test-created");
    const correlationId = await client.createValidationEvent();
    await expect.poll(() => heard.some(({ address }) => address === "/tests")).toBe(true);
    await expect
      .poll(async () => (await client.getValidationEvent(correlationId)).attempts.length)
      .toBe(1);
    const fate = await client.getValidationEvent(correlationId);
    expect(fate).toMatchObject({ correlationId, attempts: [{ responseCode: "200" }] });
    expect(heard).toContainEqual({ address: "/tests", event: "test-created" });
  });

  test("a user without the admin role may not touch it", async () => {
    await expect(clientOf(running.apps.user).getRegistration()).rejects.toMatchObject({
      code: "accessDenied",
      status: 403,
    });
  });
});
