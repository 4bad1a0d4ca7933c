import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { createServer, guard } from "../http/index.ts";
import type { SandboxClient } from "./accounts.ts";
import { listReferrals } from "./list/list-referrals.ts";
import type { ReferralsServiceOptions, ServiceUrls } from "./options.ts";
import { createParts, type Parts } from "./parts.ts";
import { addReferralRoutes } from "./routes/referral-routes.ts";

/** A referrals service, made and ready to listen. */
export interface ReferralsService {
  /** Starts to answer; resolves when the port is open. */
  listen(): Promise<ServiceUrls>;
  /** Lets running calls end, then releases everything. */
  close(): Promise<void>;
  /** Where it is reached; to be asked once `listen` has resolved. */
  readonly urls: ServiceUrls;
  /** The sandbox's apps; none where it is no sandbox. */
  readonly clients: readonly SandboxClient[];
}

const defaultHost = "127.0.0.1";

async function addReferralsScope(server: FastifyInstance, parts: Parts): Promise<void> {
  const { verifiers, throttle, expiry, referrals, presentation, directory, database } = parts;
  await server.register(async (scope) => {
    scope.addHook("onRequest", guard({ verifier: verifiers.referrals, throttle }));
    scope.addHook("preHandler", (_request, _reply, done) => {
      // Nobody may see a referral as unanswered whose time is over.
      if (expiry.isDue) expiry.runDue().then(() => done(), done);
      else done();
    });
    addReferralRoutes(scope, {
      referrals,
      presentation,
      directory,
      honoursRequestIds: parts.options.honoursRequestIds ?? true,
      list: async (caller, _request, reply) =>
        listReferrals({ database, presentation }, caller, reply),
    });
  });
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

/** Makes a referrals service on a database that is opened, and created where it isn't there. */
export async function createReferralsService(
  options: ReferralsServiceOptions = {},
): Promise<ReferralsService> {
  const parts = await createParts(options);
  const { clock, random, log, issuer, address } = parts;
  const server = createServer({ clock, random, log });
  await issuer?.register(server);
  await addReferralsScope(server, parts);
  return {
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
      await server.close();
      await parts.expiry.stop();
      await parts.delivery.stop();
      if (typeof options.database !== "object") await parts.database.close();
    },
  };
}
