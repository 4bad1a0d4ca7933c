import type { FastifyInstance, FastifyRequest } from "fastify";
import {
  type Problem,
  ReferralsError,
  type WebhookRegistration,
  webhookEvents,
} from "../../contract/index.ts";
import { Throttle } from "../../http/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { Database } from "../../storage/port.ts";
import { assertAdmin, principalOf } from "../caller.ts";
import { refuseInput } from "../rules/referral-change.ts";
import type { WebhookDelivery } from "../webhooks/delivery.ts";
import { findDelivery } from "../webhooks/delivery-store.ts";
import {
  findRegistration,
  type StoredRegistration,
  toWire,
  writeRegistration,
} from "../webhooks/registration-store.ts";
import { webhookUrlProblem } from "../webhooks/webhook-address.ts";

/** What the registration API needs. */
export interface WebhookRoutesOptions {
  readonly database: Database;
  readonly delivery: WebhookDelivery;
  readonly clock: Clock;
  readonly allowsPrivateWebhooks: boolean;
  /** The address of the validation events, for the test event's ResourceUri. */
  readonly validationEventsUrl: () => string;
}

const path = "/webhooks/v1/registration";
const validationEventsPerMinute = 2;

function eventsProblems(value: unknown): Problem[] {
  const pointer = "/WebhookEvents";
  const remedy = `Send a list of some of ${webhookEvents.join(", ")}.`;
  if (!Array.isArray(value) || value.length === 0) {
    return [{ pointer, reason: "must be a list with at least one event", remedy }];
  }
  const isKnown = (event: unknown): boolean =>
    webhookEvents.some((known) => known === String(event).toLowerCase());
  return value.flatMap((event, index) =>
    isKnown(event) ? [] : [{ pointer: `${pointer}/${index}`, reason: "is no known event", remedy }],
  );
}

/** A registration from a body, its keys in any case. Errors: invalidRequest. */
function registrationFrom(body: unknown, allowsPrivate: boolean): StoredRegistration {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    const reason = "must be an object";
    throw refuseInput([{ pointer: "", reason, remedy: "Send WebhookUrl and WebhookEvents." }]);
  }
  const entries = Object.entries(body).map(([key, value]) => [key.toLowerCase(), value]);
  const given = Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
  const { webhookurl: url, webhookevents: events, signaturetokentomssignatureheader: flag } = given;
  const problems = eventsProblems(events);
  const urlProblem = webhookUrlProblem(String(url ?? ""), "/WebhookUrl", allowsPrivate);
  if (urlProblem) problems.unshift(urlProblem);
  if (flag != null && typeof flag !== "boolean") {
    const pointer = "/SignatureTokenToMsSignatureHeader";
    problems.push({ pointer, reason: "must be true or false", remedy: "Send true or false." });
  }
  if (problems.length > 0) throw refuseInput(problems);
  const names = (events as string[]).map((event) => event.toLowerCase());
  return { url: String(url), events: [...new Set(names)], usesMsSignatureHeader: flag === true };
}

const noRegistration = (): ReferralsError =>
  new ReferralsError("itemNotFound", { message: "This organization has no webhook registration." });

/** Adds the registration API. One address per organisation: registering silences whoever had it. */
export function addWebhookRoutes(server: FastifyInstance, options: WebhookRoutesOptions): void {
  const { database, delivery, clock } = options;
  const tests = new Throttle({ clock, limit: validationEventsPerMinute });
  const tenantOf = (request: FastifyRequest): string => {
    const principal = principalOf(request);
    assertAdmin(principal);
    return principal.organizationId;
  };

  async function register(request: FastifyRequest): Promise<WebhookRegistration> {
    const tenantId = tenantOf(request);
    const registration = registrationFrom(request.body, options.allowsPrivateWebhooks);
    await database.transaction(async (transaction) => {
      const present = await findRegistration(transaction, tenantId);
      if (!present && request.method === "PUT") throw noRegistration();
      await writeRegistration(transaction, tenantId, registration);
    });
    delivery.wake();
    return toWire(registration);
  }

  server.post(path, register);
  server.put(path, register);
  server.get(path, async (request) => {
    const found = await findRegistration(database, tenantOf(request));
    if (!found) throw noRegistration();
    return toWire(found);
  });
  server.get(`${path}/events`, async (request) => {
    tenantOf(request);
    return webhookEvents;
  });
  server.post(`${path}/validationEvents`, async (request) => {
    const tenantId = tenantOf(request);
    const waitS = tests.take(tenantId);
    if (waitS > 0) throw new ReferralsError("tooManyRequests", { retryAfterMs: waitS * 1000 });
    const correlationId = await database.transaction(async (transaction) => {
      if (!(await findRegistration(transaction, tenantId))) throw noRegistration();
      return delivery.announceTest(transaction, tenantId, options.validationEventsUrl());
    });
    delivery.wake();
    return { correlationId };
  });
  server.get(`${path}/validationEvents/:correlationId`, async (request) => {
    const tenantId = tenantOf(request);
    const { correlationId } = request.params as { correlationId: string };
    const found = await findDelivery(database, correlationId);
    if (!found || found.tenantId !== tenantId) throw new ReferralsError("itemNotFound");
    const registration = await findRegistration(database, tenantId);
    const status = { pending: "pending", delivered: "completed", offline: "failed" }[found.state];
    return {
      correlationId,
      partnerId: tenantId,
      status,
      callbackUrl: registration?.url ?? null,
      results: found.log,
    };
  });
}
