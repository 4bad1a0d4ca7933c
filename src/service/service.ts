import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import {
  addOperationsRoutes,
  createServer,
  guard,
  injectFaults,
  observeRequests,
  shutdown,
} from "../http/index.ts";
import type { SandboxClient } from "./accounts.ts";
import { addAdminRoutes } from "./admin/admin-routes.ts";
import { adminSecret } from "./admin/admin-secret.ts";
import { addApiPage } from "./api-page/api-page-routes.ts";
import { ReferralLists } from "./list/list-referrals.ts";
import type { ReferralsServiceOptions, ServiceUrls } from "./options.ts";
import { createParts, type Parts } from "./parts.ts";
import { readLane } from "./routes/read-lane.ts";
import { addReferralRoutes } from "./routes/referral-routes.ts";
import { addWebhookRoutes } from "./routes/webhook-routes.ts";
import { seedReferrals } from "./seed/seed-referrals.ts";
import { stampOf } from "./stamps.ts";
import { explainStorage } from "./storage-refusals.ts";

/** A referrals service, made and ready to listen. */
export interface ReferralsService {
  /** Starts to answer; resolves when the port is open. */
  listen(): Promise<ServiceUrls>;
  /** Lets running calls end, then releases everything. */
  close(): Promise<void>;
  /**
   * Invents referrals for the first organisation, where it has none yet; resolves to their number.
   */
  seed(count: number): Promise<number>;
  /** Where it is reached; to be asked once `listen` has resolved. */
  readonly urls: ServiceUrls;
  /** The sandbox's apps; none where it is no sandbox. */
  readonly clients: readonly SandboxClient[];
  /** What admits to the sandbox's admin API. */
  readonly adminSecret: string | undefined;
}

const defaultHost = "127.0.0.1";
const defaultScanLimitMs = 5_000;

async function addReferralsScope(server: FastifyInstance, parts: Parts): Promise<void> {
  const { verifiers, throttle, expiry, referrals, presentation, directory, faults } = parts;
  const { database, businessClock } = parts;
  const lists = new ReferralLists({
    database,
    presentation,
    now: () => businessClock.now(),
    scanLimitMs: parts.options.scanLimitMs ?? defaultScanLimitMs,
    laggingMoment: () =>
      faults.strikes("listLag")
        ? stampOf(businessClock.now() - faults.profile.listLagMs)
        : undefined,
  });
  await server.register(async (scope) => {
    const admit = guard({ verifier: verifiers.referrals, throttle });
    scope.addHook("onRequest", (request, reply, done) => {
      admit(request, reply, (error?: Error) => {
        // Nobody may see a referral as unanswered whose time is over.
        if (!error && expiry.isDue) expiry.runDue().then(() => done(), done);
        else done(error);
      });
    });
    injectFaults(scope, parts.faults);
    addReferralRoutes(scope, {
      referrals,
      presentation,
      directory,
      honoursRequestIds: parts.options.honoursRequestIds ?? true,
      lists,
      churnsETag: () => faults.strikes("eTagChurn"),
    });
  });
}

async function addWebhookScope(server: FastifyInstance, parts: Parts): Promise<void> {
  const { verifiers, database, delivery, clock, options, address } = parts;
  await server.register(async (scope) => {
    scope.addHook("onRequest", guard({ verifier: verifiers.webhooks }));
    addWebhookRoutes(scope, {
      database,
      delivery,
      clock,
      allowsPrivateWebhooks: options.allowsPrivateWebhooks ?? false,
      validationEventsUrl: () => `${address.baseUrl}/webhooks/v1/registration/validationEvents`,
    });
  });
}

/** What anybody may read: health, metrics and the certificates that webhooks are signed with. */
function addPublicRoutes(server: FastifyInstance, parts: Parts): void {
  const { metrics, database, identity, address } = parts;
  addApiPage(server, () => address.baseUrl);
  addOperationsRoutes(server, {
    metrics,
    checks: { database: () => database.get("SELECT 1 AS one") },
  });
  const pem = "application/x-pem-file";
  server.get("/certificates/webhooks.pem", async (_request, reply) => {
    const { certificatePem, authorityPem } = await identity();
    return reply.header("content-type", pem).send(certificatePem + authorityPem);
  });
  server.get("/certificates/authority.pem", async (_request, reply) =>
    reply.header("content-type", pem).send((await identity()).authorityPem),
  );
}

function urlsOf(baseUrl: string, parts: Parts): ServiceUrls {
  return {
    baseUrl,
    referralsUrl: parts.presentation.referralsUrl,
    tokenUrl: `${baseUrl}/oauth2/v2.0/token`,
    webhookRegistrationUrl: `${baseUrl}/webhooks/v1/registration`,
    adminUrl: `${baseUrl}/admin`,
  };
}

async function seedOnce(parts: Parts, count: number): Promise<number> {
  const { accounts, database, random, businessClock, expiry } = parts;
  const [first] = accounts?.clients ?? [];
  if (!first) return 0;
  const found = await database.get(`SELECT "id" FROM "referrals" LIMIT 1`);
  if (found) return 0;
  const organization = { id: first.organizationId, name: first.organizationName };
  await seedReferrals(database, { organization, count, random, now: businessClock.now() });
  await expiry.learn();
  return count;
}

/** Makes a referrals service on a database that is opened, and created where it isn't there. */
export async function createReferralsService(
  options: ReferralsServiceOptions = {},
): Promise<ReferralsService> {
  const parts = await createParts(options);
  const { clock, random, log, issuer, address } = parts;
  const logsRequests = options.logsRequests ?? true;
  const observers = { metrics: parts.metrics, ...(logsRequests ? { log } : {}) };
  const lane = readLane({
    ...parts,
    verifier: parts.verifiers.referrals,
    observers,
    isOpen: () => !(parts.faults.isActive || parts.expiry.isDue),
  });
  const server = createServer({ clock, random, log, lane, explain: explainStorage });
  observeRequests(server, observers);
  await issuer?.register(server);
  await addReferralsScope(server, parts);
  await addWebhookScope(server, parts);
  addPublicRoutes(server, parts);
  const secret = parts.accounts && (await adminSecret(parts.store, random));
  if (secret) await addAdminRoutes(server, parts, secret);
  return {
    adminSecret: secret,
    seed: (count) => seedOnce(parts, count),
    clients: parts.accounts?.clients ?? [],
    get urls() {
      return urlsOf(address.baseUrl, parts);
    },
    listen: async () => {
      const host = options.host ?? defaultHost;
      await server.listen({ host, port: options.port ?? 0 });
      const { port } = server.server.address() as AddressInfo;
      const spelt = host.includes(":") ? `[${host}]` : host;
      address.baseUrl = options.publicUrl?.replace(/\/+$/, "") ?? `http://${spelt}:${port}`;
      if (issuer) issuer.baseUrl = address.baseUrl;
      await parts.expiry.start();
      parts.delivery.start();
      return urlsOf(address.baseUrl, parts);
    },
    close: async () => {
      await shutdown(server, { clock });
      await parts.expiry.stop();
      await parts.delivery.stop();
      if (typeof options.database !== "object") await parts.database.close();
    },
  };
}
