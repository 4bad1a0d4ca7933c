import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createWebhookVerifier } from "../../src/operations/index.ts";
import { fetchHttp, systemClock } from "../../src/runtime/index.ts";
import { guardedHttp, webhookSignerName } from "../../src/service/index.ts";
import { openDatabase } from "../../src/storage/index.ts";
import { type CallbackReceiver, isSignedWith, receiveCallbacks } from "./callback-receiver.ts";
import {
  ask,
  type RunningGateway,
  type RunningGatewayOptions,
  runGateway,
  type Tokens,
} from "./running-gateway.ts";
import { newReferral, type RunningService, runService } from "./running-service.ts";

const triggers = "/v1.0/engagements//triggers";
const dayMs = 86_400_000;

let service: RunningService;
let receiver: CallbackReceiver;
let running: RunningGateway;
let tokens: Tokens;
let skippedMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + skippedMs };

beforeAll(async () => {
  service = await runService({ allowsPrivateWebhooks: true });
});
beforeEach(async () => {
  receiver = await receiveCallbacks();
});
afterEach(async () => {
  await running.close();
  await receiver.close();
  skippedMs = 0;
});
afterAll(() => service.close());

async function start(options: RunningGatewayOptions = {}): Promise<void> {
  running = await runGateway({
    service,
    callLimit: 100_000,
    pollMs: 30,
    expiryPollMs: 30,
    notificationBackoffMs: 10,
    ...options,
  });
  tokens = await running.connect();
}

const subscribe = async (name: string, path = `/${name}`, more = {}) => {
  const answer = await running.call(tokens, `${triggers}/${name}`, {
    method: "POST",
    body: { callbackUrl: `${receiver.url}${path}`, ...more },
  });
  expect(answer.status, answer.text).toBe(201);
  return {
    location: answer.headers.get("location") ?? "",
    secret: String(answer.body.signingSecret),
  };
};
const create = (name: string) => service.clientOf().createReferral(newReferral({ name }));
/** Long enough for several looks: what hasn't come by then doesn't come. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 250));
const namesAt = (path: string): string[] =>
  receiver.received.filter((one) => one.path === path).map(({ text }) => JSON.parse(text).name);
/** Microsoft sends an inbound referral, which waits for an answer. */
const sendInbound = async () =>
  (
    await ask(`${service.urls.adminUrl}/referrals`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${service.service.adminSecret}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ kind: "lead", organizationId: service.apps.admin.organizationId }),
    })
  ).body;

describe("when a referral is created", () => {
  test("the flow gets it, signed, once, and nothing that was there before", async () => {
    await start();
    await create("before");
    const { secret } = await subscribe("referral-created");
    const { id } = await create("after");
    const [first] = await receiver.until(1);
    if (!first) throw new Error("nothing came");
    expect(JSON.parse(first.text)).toMatchObject({ id, name: "after" });
    expect(first.headers["x-referrals-event"]).toBe("referral-created");
    expect(isSignedWith(secret, first)).toBe(true);
    expect(isSignedWith(secret, { ...first, text: `${first.text} ` })).toBe(false);
    await aWhile();
    expect(namesAt("/referral-created")).toEqual(["after"]);
  });

  test("created by Microsoft, it fires as well", async () => {
    await start();
    await subscribe("referral-created");
    const { id } = await sendInbound();
    const [first] = await receiver.until(1);
    expect(JSON.parse(first?.text ?? "{}").id).toBe(id);
  });
});

describe("when a referral is updated", () => {
  test("each change fires, a creation doesn't", async () => {
    await start();
    const created = await create("old");
    await subscribe("referral-updated");
    await create("not an update");
    const client = service.clientOf();
    const patch = (value: string, from: { id: string; eTag: string }) =>
      client.patchReferral(from, [{ op: "replace", path: "/details/notes", value }]);
    const once = await patch("first", created);
    await receiver.until(1);
    await patch("second", once);
    const received = await receiver.until(2);
    const notes = received.map(({ text }) => JSON.parse(text).details.notes);
    expect(notes).toEqual(["first", "second"]);
    await aWhile();
    expect(receiver.received).toHaveLength(2);
  });
});

describe("when a referral needs an answer", () => {
  test("it fires n days before the expiry, once, and never for an answered one", async () => {
    await start({ clock });
    const isNew = encodeURIComponent("status eq 'New'");
    const { body } = await running.call(tokens, `/v1.0/engagements/referrals?$filter=${isNew}`);
    const waiting = body.value.length;
    await subscribe("referral-needs-answer", "/soon", { daysBefore: 14 });
    await subscribe("referral-needs-answer", "/later", { daysBefore: 3 });
    const { id } = await sendInbound();
    await create("answered at once");
    const told = (path: string): string[] =>
      receiver.received
        .filter((one) => one.path === path)
        .map(({ text }) => JSON.parse(text))
        .filter(({ status }) => status === "New")
        .map((referral) => referral.id);
    await receiver.until(waiting + 1, "/soon");
    await aWhile();
    expect(told("/later")).toEqual([]);
    skippedMs = 11.5 * dayMs;
    await receiver.until(waiting + 1, "/later");
    await aWhile();
    for (const path of ["/soon", "/later"]) {
      expect(told(path)).toContain(id);
      expect(new Set(told(path)).size).toBe(waiting + 1);
      expect(told(path)).toHaveLength(waiting + 1);
      expect(namesAt(path)).toHaveLength(waiting + 1);
    }
  });
});

describe("subscribing", () => {
  test("answers 201 with a Location; a DELETE there ends it", async () => {
    await start();
    const { location } = await subscribe("referral-created");
    expect(location).toMatch(
      new RegExp(`^${running.gateway.urls.baseUrl}/v1.0/engagements/subscriptions/[\\da-f-]{36}$`),
    );
    const remove = () => running.call(tokens, location, { method: "DELETE" });
    expect((await remove()).status).toBe(204);
    await create("nobody listens");
    await aWhile();
    expect(receiver.received).toEqual([]);
    expect((await remove()).status).toBe(404);
  });

  test("can't be ended by another person", async () => {
    await start();
    const { location } = await subscribe("referral-created");
    const other = await running.connect(service.apps.user);
    const refused = await running.call(other, location, { method: "DELETE" });
    expect([refused.status, refused.body.error.code]).toEqual([403, "connectionNotShareable"]);
    await create("still listened to");
    await receiver.until(1);
  });

  test("ends with its connection", async () => {
    await start();
    await subscribe("referral-created");
    await running.call(tokens, "/connections/current", { method: "DELETE" });
    await create("nobody listens");
    await aWhile();
    expect(receiver.received).toEqual([]);
  });

  test.each([
    ["no address", "referral-created", {}],
    ["no https", "referral-created", { callbackUrl: "ftp://flow.example/" }],
    ["a name and password", "referral-created", { callbackUrl: "https://a:b@flow.example/" }],
    ["too early", "referral-needs-answer", { callbackUrl: "https://f.example/", daysBefore: 15 }],
    ["no number", "referral-needs-answer", { callbackUrl: "https://f.example/", daysBefore: "x" }],
  ])("refuses %s and says where", async (_what, name, body) => {
    await start();
    const answer = await running.call(tokens, `${triggers}/${name}`, { method: "POST", body });
    expect([answer.status, answer.body.error.code]).toEqual([400, "invalidRequest"]);
    expect(answer.body.error.innerError.problems[0].pointer).toMatch(
      /^\/(callbackUrl|daysBefore)$/,
    );
  });

  test("sends nothing to a private address, unless the operator allows it", async () => {
    await start({
      allowsPrivateCallbacks: false,
      callbackHttp: guardedHttp({ allowPrivateAddresses: false }),
    });
    const callbackUrl = receiver.url.replace("http:", "https:");
    const body = { callbackUrl };
    const { status } = await running.call(tokens, `${triggers}/referral-created`, {
      method: "POST",
      body,
    });
    expect(status).toBe(201);
    await create("private");
    await aWhile();
    expect(receiver.received).toEqual([]);
    const plain = await running.call(tokens, `${triggers}/referral-created`, {
      method: "POST",
      body: { callbackUrl: receiver.url },
    });
    expect(plain.status).toBe(400);
  });
});

describe("delivery", () => {
  test("is tried again until the flow takes it, under the same id", async () => {
    await start();
    await subscribe("referral-created");
    receiver.answers.push(500, 503, 429);
    await create("stubborn");
    const received = await receiver.until(4);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    await aWhile();
    expect(receiver.received).toHaveLength(4);
  });

  test("shows the referral as it is then, not as it was", async () => {
    await start({ notificationBackoffMs: 2_000 });
    await subscribe("referral-created");
    receiver.answers.push(500);
    const created = await create("early");
    await receiver.until(1);
    await service
      .clientOf()
      .patchReferral(created, [{ op: "replace", path: "/details/notes", value: "late" }]);
    const [, second] = await receiver.until(2);
    expect(JSON.parse(second?.text ?? "{}").details.notes).toBe("late");
  });

  test("to a flow that is gone (410) ends its subscription", async () => {
    await start();
    await subscribe("referral-created");
    receiver.answers.push(410);
    await create("gone");
    await receiver.until(1);
    await aWhile();
    await create("nobody listens");
    await aWhile();
    expect(receiver.received).toHaveLength(1);
  });

  test("is given up after ten attempts, and counted", async () => {
    await start({ notificationBackoffMs: 1 });
    await subscribe("referral-created");
    receiver.answers.push(...Array<number>(20).fill(500));
    await create("hopeless");
    await receiver.until(10);
    await aWhile();
    expect(receiver.received).toHaveLength(10);
    const { adminUrl } = running.gateway.urls;
    const headers = { authorization: `Bearer ${running.gateway.adminSecret}` };
    const { body } = await ask(`${adminUrl}/connections`, { headers });
    expect(body.notifications).toEqual({ "given up": 1 });
  });
});

describe("fed by webhooks", () => {
  const webhooks = async () => {
    const { baseUrl } = service.urls;
    const authority = await ask(`${baseUrl}/certificates/authority.pem`);
    const trust = {
      roots: [authority.text],
      certificateHosts: [new URL(baseUrl).host],
      organization: webhookSignerName,
      allowsHttp: true,
    };
    const verify = createWebhookVerifier(trust, { http: fetchHttp, clock: systemClock });
    return { verify, registrationUrl: baseUrl };
  };

  test("a flow is told long before the next poll", async () => {
    await start({ pollMs: 3_600_000, webhooks: await webhooks() });
    await subscribe("referral-created");
    const isRegistered = () => running.logged.some((line) => line.includes("webhooks feed"));
    for (let look = 0; look < 500 && !isRegistered(); look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(isRegistered()).toBe(true);
    await create("hinted");
    await receiver.until(1);
    expect(namesAt("/referral-created")).toEqual(["hinted"]);
  });

  test("a webhook that nobody signed is refused, and hints at nothing", async () => {
    await start({ pollMs: 3_600_000, webhooks: await webhooks() });
    const { organizationId } = service.apps.admin;
    const path = `/webhooks/partner-center/${organizationId}`;
    const body = { EventName: "referral-created", ResourceUri: "https://x/referrals/1" };
    const answer = await running.call(undefined, path, { method: "POST", body });
    expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
  });
});

test("after a restart nothing is told twice, and nothing is missed", async () => {
  const database = await openDatabase(":memory:");
  try {
    await start({ database });
    await subscribe("referral-created");
    await create("before the stop");
    await receiver.until(1);
    await running.gateway.close();
    await create("while it was down");
    running = await runGateway({ service, database, pollMs: 30 });
    await receiver.until(2);
    await aWhile();
    expect(namesAt("/referral-created")).toEqual(["before the stop", "while it was down"]);
    await running.gateway.close();
  } finally {
    await database.close();
  }
});
