import type { AddressInfo } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { basePath } from "../../contract/index.ts";
import { addOperationsRoutes, createServer, observeRequests, shutdown } from "../../http/index.ts";
import type { Log } from "../../runtime/index.ts";
import { oauthPaths } from "../package/oauth-addresses.ts";
import { connectionGuard } from "./connection-guard.ts";
import { OAuthServer } from "./oauth/oauth-routes.ts";
import { callbackPath } from "./oauth/sign-in.ts";
import type { GatewayOptions, GatewayUrls } from "./options.ts";
import { createParts, type GatewayParts } from "./parts.ts";
import { addAdminRoutes } from "./routes/admin-routes.ts";
import { addConnectionRoutes } from "./routes/connection-routes.ts";
import { addReferralRoutes } from "./routes/referral-routes.ts";
import { addTriggerRoutes } from "./routes/trigger-routes.ts";
import { addWebhookRoute } from "./routes/webhook-route.ts";

/** A gateway, made and ready to listen. */
export interface Gateway {
  /** Starts to answer; resolves when the port is open. */
  listen(): Promise<GatewayUrls>;
  /** Lets running calls and notifications end, then releases everything. */
  close(): Promise<void>;
  /** Where it is reached; to be asked once `listen` has resolved. */
  readonly urls: GatewayUrls;
  /** Power Platform's client secret, where this start has made it. It is shown once. */
  readonly newClientSecret: string | undefined;
  /** What admits to the operator's routes. */
  readonly adminSecret: string;
}

const defaultHost = "127.0.0.1";
const doubledJson = /^application\/json(?:;[^,]*)?, *application\/json(?:;[^,]*)?$/i;
const plainId = /^[\w.:{}-]{1,128}$/;

/** Every call has a correlation id, which is answered, sent on and logged. */
function correlate(server: FastifyInstance): void {
  server.addHook("onRequest", (request, reply, done) => {
    const given = request.raw.headers["ms-correlationid"];
    // What looks like no id isn't one, and might be personal.
    const id = typeof given === "string" && plainId.test(given) ? given : request.id;
    request.raw.headers["ms-correlationid"] = id;
    reply.header("MS-CorrelationId", id);
    done();
  });
}

const noted = (request: FastifyRequest) => ({
  correlationId: request.raw.headers["ms-correlationid"],
  organizationId: request.principal?.organizationId,
  connectionId: request.referralsConnection?.id,
});

/**
 * The definition has the content type as a parameter, so a generated client may send it twice: by
 * that parameter, and of its own accord.
 */
function takeDoubledContentType(server: FastifyInstance): void {
  server.addHook("onRequest", (request, _reply, done) => {
    const { headers } = request.raw;
    if (doubledJson.test(headers["content-type"] ?? ""))
      headers["content-type"] = "application/json";
    done();
  });
}

/** One line a call: what was asked for by whose connection, and how it ended. Nothing personal. */
function logCalls(server: FastifyInstance, log: Log): void {
  server.addHook("onResponse", (request, reply, done) => {
    log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? "unknown",
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        requestId: reply.getHeader("request-id"),
        ...noted(request),
      },
      "answered a call",
    );
    done();
  });
}

async function addConnectionScope(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const { tokens, throttle, health, options, webhookRegistrar } = parts;
  await server.register(async (scope) => {
    scope.addHook(
      "onRequest",
      connectionGuard({ tokens, throttle, onCall: (connection) => health.noteCall(connection) }),
    );
    addReferralRoutes(scope, { ...parts, pages: options.pages ?? "follow" });
    addTriggerRoutes(scope, {
      ...parts,
      store: parts.triggers,
      allowsPrivateCallbacks: options.allowsPrivateCallbacks ?? false,
      onSubscribed: (connection) => {
        parts.watcher.wake();
        // It logs how that went; whoever subscribes need not wait for it.
        webhookRegistrar?.ensure(connection);
      },
    });
  });
  // Looking at one's connections isn't a call of the connector's, and must work at the limit too.
  await server.register(async (scope) => {
    scope.addHook("onRequest", connectionGuard({ tokens }));
    addConnectionRoutes(scope, parts);
  });
}

async function addRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const { options, metrics, database, clock, log, watcher } = parts;
  await new OAuthServer(parts).register(server);
  await addConnectionScope(server, parts);
  await addAdminRoutes(server, { ...parts, secret: parts.adminSecret });
  if (options.webhooks) {
    const { verify } = options.webhooks;
    const store = parts.triggers;
    addWebhookRoute(server, { verify, store, clock, log, onHint: () => watcher.wake() });
  }
  addOperationsRoutes(server, {
    metrics,
    checks: { database: () => database.get("SELECT 1 AS one") },
  });
}

const urlsOf = (baseUrl: string): GatewayUrls => ({
  baseUrl,
  referralsUrl: `${baseUrl}${basePath}/referrals`,
  authorizationUrl: `${baseUrl}${oauthPaths.authorize}`,
  tokenUrl: `${baseUrl}${oauthPaths.token}`,
  callbackUrl: `${baseUrl}${callbackPath}`,
  adminUrl: `${baseUrl}/admin`,
});

/** Puts a gateway together on its database. */
export async function assembleGateway(options: GatewayOptions): Promise<Gateway> {
  const parts = await createParts(options);
  const { clock, random, log, metrics, address } = parts;
  const server = createServer({ clock, random, log });
  server.decorateRequest("referralsConnection", undefined);
  correlate(server);
  takeDoubledContentType(server);
  observeRequests(server, { metrics });
  logCalls(server, log);
  await addRoutes(server, parts);
  return {
    newClientSecret: await parts.clients.firstSecret(),
    adminSecret: parts.adminSecret,
    get urls() {
      return urlsOf(address.baseUrl);
    },
    listen: async () => {
      const host = options.host ?? defaultHost;
      await server.listen({ host, port: options.port ?? 0 });
      const { port } = server.server.address() as AddressInfo;
      const spelt = host.includes(":") ? `[${host}]` : host;
      address.baseUrl = options.publicUrl?.replace(/\/+$/, "") ?? `http://${spelt}:${port}`;
      parts.watcher.start();
      parts.deliverer.start();
      return urlsOf(address.baseUrl);
    },
    close: async () => {
      await shutdown(server, { clock });
      await parts.watcher.stop();
      await parts.deliverer.stop();
      parts.closeHttp();
      if (typeof options.database !== "object") await parts.database.close();
    },
  };
}
