import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError } from "../../contract/index.ts";
import { faultProfileSchema, jsonType } from "../../http/index.ts";
import type { Parts } from "../parts.ts";
import type { Organization } from "../rules/new-referral.ts";
import { seedReferrals } from "../seed/seed-referrals.ts";
import { stampOf } from "../stamps.ts";
import type { StoredReferral } from "../store/referral-store.ts";
import { offlineDeliveries, replayOffline } from "../webhooks/delivery-store.ts";
import { adminBodies, parseBody } from "./admin-bodies.ts";
import { MicrosoftActions } from "./microsoft-actions.ts";
import { advanceClock, clearEverything } from "./sandbox-state.ts";

const offlineLimit = 1_000;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** An onRequest hook that admits whoever knows the sandbox's own secret. */
function secretGuard(secret: string) {
  const expected = digest(`Bearer ${secret}`);
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const given = digest(request.raw.headers.authorization ?? "");
    done(timingSafeEqual(given, expected) ? undefined : new ReferralsError("unauthenticated"));
  };
}

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

/** The organisation that an order names, or the sandbox's first. Errors: invalidRequest. */
function organizationFrom(parts: Parts, id: string | undefined): Organization {
  const clients = parts.accounts?.clients ?? [];
  const found = clients.find((client) => id === undefined || client.organizationId === id);
  if (found) return { id: found.organizationId, name: found.organizationName };
  const message = "The sandbox has no such organization.";
  throw new ReferralsError("invalidRequest", { message, target: "/organizationId" });
}

function addMicrosoftRoutes(scope: FastifyInstance, parts: Parts): void {
  const microsoft = new MicrosoftActions(parts.referrals, parts.database);
  const answer = (reply: FastifyReply, stored: StoredReferral): FastifyReply =>
    reply.header("content-type", jsonType).send(parts.presentation.single(stored));

  scope.post("/referrals", async (request, reply) => {
    const order = parseBody(adminBodies.send, request.body);
    const partner = organizationFrom(parts, order.organizationId);
    return answer(reply, await microsoft.send(partner, order));
  });
  scope.patch("/referrals/:id", async (request, reply) => {
    const patch = parseBody(adminBodies.edit, request.body);
    return answer(reply, await microsoft.edit(idOf(request), patch));
  });
  scope.post("/referrals/:id/accept", async (request, reply) => {
    const { microsoftMsxId } = parseBody(adminBodies.accept, request.body);
    return answer(reply, await microsoft.accept(idOf(request), microsoftMsxId));
  });
  scope.post("/referrals/:id/decline", async (request, reply) => {
    const { statusReason } = parseBody(adminBodies.decline, request.body);
    return answer(reply, await microsoft.decline(idOf(request), statusReason));
  });
  scope.post("/referrals/:id/close", async (request, reply) => {
    const { outcome, statusReason } = parseBody(adminBodies.close, request.body ?? {});
    return answer(reply, await microsoft.close(idOf(request), outcome, statusReason));
  });
  scope.put("/referrals/:id/microsoftMsxId", async (request, reply) => {
    const { microsoftMsxId } = parseBody(adminBodies.microsoftMsxId, request.body);
    return answer(reply, await microsoft.setMicrosoftMsxId(idOf(request), microsoftMsxId));
  });
  scope.post("/referrals/:id/touch", async (request, reply) =>
    answer(reply, await microsoft.touch(idOf(request))),
  );
}

function addSwitchRoutes(scope: FastifyInstance, parts: Parts): void {
  const { switches, throttle, faults, businessClock } = parts;
  const clock = () => ({
    now: stampOf(businessClock.now()),
    skippedMilliseconds: businessClock.offsetMs,
  });
  scope.get("/clock", async () => clock());
  scope.post("/clock/advance", async (request) => {
    const { milliseconds } = parseBody(adminBodies.advance, request.body);
    await advanceClock(parts, milliseconds);
    return clock();
  });
  scope.get("/limit", async () => ({ calls: switches.callLimit }));
  scope.put("/limit", async (request) => {
    const { calls } = parseBody(adminBodies.limit, request.body);
    throttle.limit = calls;
    switches.callLimit = calls;
    return { calls };
  });
  scope.get("/mfa", async () => ({ required: switches.requiresMfa }));
  scope.put("/mfa", async (request) => {
    switches.requiresMfa = parseBody(adminBodies.mfa, request.body).required;
    return { required: switches.requiresMfa };
  });
  scope.get("/faults", async () => ({ profile: faults.profile, counts: faults.counts }));
  scope.put("/faults", async (request) => {
    faults.profile = parseBody(faultProfileSchema, request.body ?? {});
    faults.resetCounts();
    return { profile: faults.profile, counts: faults.counts };
  });
}

function addDataRoutes(scope: FastifyInstance, parts: Parts): void {
  const { database, random, businessClock, delivery, clock } = parts;
  scope.get("/clients", async () => ({ clients: parts.accounts?.clients ?? [] }));
  scope.post("/seed", async (request) => {
    const { organizationId, count } = parseBody(adminBodies.seed, request.body);
    const organization = organizationFrom(parts, organizationId);
    await seedReferrals(database, { organization, count, random, now: businessClock.now() });
    await parts.expiry.learn();
    return { organizationId: organization.id, count };
  });
  scope.post("/reset", async () => {
    await clearEverything(parts);
    return { status: "empty" };
  });
  scope.get("/webhooks/offline", async () => ({
    deliveries: (await offlineDeliveries(database, offlineLimit)).map((one) => ({
      id: one.id,
      organizationId: one.tenantId,
      event: one.event,
      attempts: one.attempts,
      body: JSON.parse(one.body) as unknown,
      results: one.log,
    })),
  }));
  scope.post("/webhooks/replay", async (request) => {
    const { id } = parseBody(adminBodies.replay, request.body);
    const replayed = await database.transaction((transaction) =>
      replayOffline(transaction, clock.now(), id),
    );
    delivery.wake();
    return { replayed };
  });
}

/**
 * Adds the admin API: whoever holds the sandbox's secret plays Microsoft and turns the sandbox's
 * knobs.
 */
export async function addAdminRoutes(
  server: FastifyInstance,
  parts: Parts,
  secret: string,
): Promise<void> {
  await server.register(
    async (scope) => {
      scope.addHook("onRequest", secretGuard(secret));
      addMicrosoftRoutes(scope, parts);
      addSwitchRoutes(scope, parts);
      addDataRoutes(scope, parts);
    },
    { prefix: "/admin" },
  );
}
