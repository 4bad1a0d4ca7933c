import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import { CrmError, type CrmWebhook } from "../crm/index.ts";
import { createServer } from "../http/index.ts";
import { openDocumentStore, StorageError } from "../storage/index.ts";
import { EngineRefusal } from "../sync/index.ts";
import { addAccess } from "./access/access.ts";
import type { AccessOptions } from "./access/access-options.ts";
import type { Desk } from "./desk.ts";
import { openOffice } from "./office.ts";
import { addDealRoutes } from "./routes/deal-routes.ts";
import { addDemonstrationRoutes } from "./routes/demonstration-routes.ts";
import { addInboxRoutes } from "./routes/inbox-routes.ts";
import { addMappingRoutes, addSettingsRoutes } from "./routes/mapping-routes.ts";
import { addPageRoutes } from "./routes/page-routes.ts";
import { addStatusRoutes } from "./routes/status-routes.ts";
import { addCrmWebhookRoute, addWebhookRoutes, isWebhookAddress } from "./routes/webhook-routes.ts";
import type { WebhookVerifier } from "./webhook-verifier.ts";

/** How the operator's API is served. */
export interface OperationsOptions {
  readonly desk: Desk;
  /** Without one, webhooks are refused and the engine polls. */
  readonly verifier?: WebhookVerifier;
  /** Without one, the CRM's webhooks are refused and its poll finds everything. */
  readonly crmWebhook?: CrmWebhook;
  /** Hosts under which the page may be asked for, beside loopback; others are a rebinding trick. */
  readonly hosts?: readonly string[];
  /** Who may come in; without users or a provider, everybody on this machine. */
  readonly access?: AccessOptions;
  /** The folder of the built dashboard; without one only the API is served. */
  readonly pageFolder?: string;
}

const loopbackHost = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?$/;
const changing = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** A foreign page in the operator's browser must not act in the operator's name. */
function refuseForeignCallers(server: FastifyInstance, hosts: readonly string[]): void {
  server.addHook("onRequest", async (request: FastifyRequest) => {
    const host = request.headers.host ?? "";
    if (isWebhookAddress(request.url)) return;
    if (!loopbackHost.test(host) && !hosts.includes(host)) {
      throw new ReferralsError("accessDenied", { message: "This host name isn't served here." });
    }
    if (!changing.has(request.method)) return;
    const { origin, "sec-fetch-site": site } = request.headers;
    const isForeign = origin !== undefined && URL.canParse(origin) && new URL(origin).host !== host;
    if (isForeign || origin === "null" || site === "cross-site" || site === "same-site") {
      throw new ReferralsError("accessDenied", { message: "Another site may not act here." });
    }
  });
}

/** A person asked for what the engine refuses: say why, and what to do instead. */
async function explainRefusal(error: EngineRefusal, reply: FastifyReply): Promise<FastifyReply> {
  const message = `${error.message} ${error.remedy}`;
  return reply.code(409).send({ error: { code: "refused", message } });
}

/** What the CRM refuses a person's request with, in its own words. */
function explainCrm(thrown: unknown): ReferralsError | undefined {
  if (!(thrown instanceof CrmError)) return undefined;
  const { message, retryAfterMs } = thrown;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new ReferralsError("serviceNotAvailable", { message, ...wait, cause: thrown });
}

const unready: ReadonlySet<string> = new Set(["databaseClosed", "databaseBusy", "tooManyScans"]);
const shortlyMs = 1_000;

/** What the storage can't do just now: under a new mapping, the sync begins anew in a moment. */
function explainStorage(thrown: unknown): ReferralsError | undefined {
  if (!(thrown instanceof StorageError) || !unready.has(thrown.code)) return undefined;
  const message =
    thrown.code === "databaseClosed"
      ? "The sync is just beginning anew: ask again in a second."
      : "The database is busy: ask again in a second.";
  return new ReferralsError("serviceNotAvailable", {
    message,
    retryAfterMs: shortlyMs,
    cause: thrown,
  });
}

const explain = (thrown: unknown): ReferralsError | undefined =>
  explainCrm(thrown) ?? explainStorage(thrown);

/** The operator's API and page over a running engine. The caller listens and closes. */
export async function createOperations(options: OperationsOptions): Promise<FastifyInstance> {
  const { desk } = options;
  const { clock, random, log, environment, database } = desk;
  const server = createServer({ clock, random, log, explain });
  refuseForeignCallers(server, options.hosts ?? []);
  const store = await openDocumentStore(database, clock);
  addAccess(server, { options: options.access ?? {}, store, clock, random, environment });
  const office = await openOffice(desk);
  server.addHook("onClose", () => office.close());
  server.register(async (scope) => {
    const fallback = server.errorHandler;
    scope.setErrorHandler(async (error, request, reply) => {
      if (error instanceof EngineRefusal) return explainRefusal(error, reply);
      return fallback.call(scope, error as never, request, reply);
    });
    addStatusRoutes(scope, office);
    addDealRoutes(scope, office);
    addInboxRoutes(scope, office);
    addMappingRoutes(scope, office);
    addSettingsRoutes(scope, office);
    if (desk.demonstration) addDemonstrationRoutes(scope, desk.demonstration);
  });
  if (options.verifier) addWebhookRoutes(server, desk, options.verifier);
  if (options.crmWebhook) addCrmWebhookRoute(server, desk, options.crmWebhook);
  if (options.pageFolder !== undefined) addPageRoutes(server, options.pageFolder);
  return server;
}
