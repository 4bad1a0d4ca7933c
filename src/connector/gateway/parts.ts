import {
  defaultEndpoint,
  defaultScope,
  defaultWebhookScope,
  type TokenKey,
} from "../../client/index.ts";
import { callLimit } from "../../contract/index.ts";
import { Metrics, Throttle } from "../../http/index.ts";
import {
  type Clock,
  type Http,
  type Log,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
} from "../../runtime/index.ts";
import { migrate, openDatabase, openDocumentStore } from "../../storage/index.ts";
import type { Database } from "../../storage/port.ts";
import { Connections } from "./connections.ts";
import { HealthBook } from "./health.ts";
import { ClientRegistry } from "./oauth/client-registry.ts";
import { SignIn } from "./oauth/sign-in.ts";
import type { GatewayOptions } from "./options.ts";
import { pooledHttp } from "./pooled-http.ts";
import { ReadCache } from "./read-cache.ts";
import { webhookPath } from "./routes/webhook-route.ts";
import { gatewayMigrations } from "./schema.ts";
import { createSealer, type Sealer } from "./sealed-text.ts";
import { TokenBook } from "./token-book.ts";
import { Deliverer } from "./triggers/deliverer.ts";
import { TriggerStore } from "./triggers/trigger-store.ts";
import { Watcher } from "./triggers/watcher.ts";
import { WebhookRegistrar } from "./triggers/webhook-registrar.ts";
import { Upstream } from "./upstream.ts";
import { UpstreamTokens } from "./upstream-tokens.ts";

/** What every part is made with. */
interface World {
  readonly options: GatewayOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly http: Http;
  /** Lets go of what the calls were made with. */
  readonly closeHttp: () => void;
  readonly database: Database;
  readonly metrics: Metrics;
  /** The gateway's address; known once it listens. */
  readonly address: { baseUrl: string };
  readonly publicUrl: () => string;
  readonly sealer: Sealer;
  readonly signingKey: TokenKey;
  readonly scope: string;
}

/** Everything that the gateway's routes are made of. */
export interface GatewayParts extends World {
  readonly adminSecret: string;
  readonly clients: ClientRegistry;
  readonly connections: Connections;
  readonly tokens: TokenBook;
  readonly upstreamTokens: UpstreamTokens;
  readonly upstream: Upstream;
  readonly signIn: SignIn;
  readonly throttle: Throttle;
  readonly cache: ReadCache;
  readonly health: HealthBook;
  readonly triggers: TriggerStore;
  readonly watcher: Watcher;
  readonly deliverer: Deliverer;
  readonly webhookRegistrar: WebhookRegistrar | undefined;
  readonly pollMs: number;
  /** Ends a connection and everything that is remembered of it. */
  readonly endConnection: (id: string) => Promise<boolean>;
}

const defaults = {
  pollMs: 60_000,
  expiryPollMs: 900_000,
  notificationBackoffMs: 5_000,
} as const;

async function openWorld(options: GatewayOptions): Promise<World> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const { database: given = ":memory:", keys } = options;
  const database = typeof given === "string" ? await openDatabase(given, { clock }) : given;
  await migrate(database, "gateway", gatewayMigrations(database.dialect));
  const address = { baseUrl: "" };
  const pool = options.http ? { http: options.http, close: () => {} } : pooledHttp();
  return {
    options,
    clock,
    random,
    log: options.log ?? silentLog,
    http: pool.http,
    closeHttp: pool.close,
    database,
    metrics: new Metrics({ process: options.measuresProcess ?? false }),
    address,
    publicUrl: () => address.baseUrl,
    sealer: createSealer(keys, random),
    signingKey: keys[0],
    scope: options.scope ?? defaultScope,
  };
}

function registrarFor(world: World, tokens: UpstreamTokens): WebhookRegistrar | undefined {
  const { webhooks } = world.options;
  if (webhooks?.registrationUrl === undefined) return undefined;
  return new WebhookRegistrar({
    ...world,
    tokens,
    registrationUrl: webhooks.registrationUrl,
    scope: webhooks.scope ?? defaultWebhookScope,
    webhookUrl: (tenantId) => `${world.publicUrl()}${webhookPath(tenantId)}`,
  });
}

/** What finds occurrences and what carries them; each tells the other that there is work. */
function triggerParts(
  world: World,
  connections: Connections,
  upstream: Upstream,
  onSweep: () => Promise<void>,
) {
  const { options, metrics } = world;
  const store = new TriggerStore(world.database);
  const attempts = metrics.counter("gateway_notifications_total", "Attempts to notify a flow.", [
    "outcome",
  ]);
  const deliverer = new Deliverer({
    ...world,
    store,
    connections,
    upstream,
    http: options.callbackHttp,
    firstBackoffMs: options.notificationBackoffMs ?? defaults.notificationBackoffMs,
    onAttempt: (outcome) => attempts.inc({ outcome }),
  });
  const pollMs = options.pollMs ?? defaults.pollMs;
  const watcher = new Watcher({
    ...world,
    store,
    connections,
    upstream,
    pollMs,
    expiryPollMs: options.expiryPollMs ?? defaults.expiryPollMs,
    onFound: () => deliverer.wake(),
    onSweep,
  });
  return { triggers: store, watcher, deliverer, pollMs };
}

/** Opens the database and puts the parts together; nothing listens and nothing runs yet. */
export async function createParts(options: GatewayOptions): Promise<GatewayParts> {
  const world = await openWorld(options);
  const { clock, random, database, metrics, scope } = world;
  const store = await openDocumentStore(database, clock);
  const connections = new Connections({ database, clock, random, keys: options.keys });
  const tokens = new TokenBook({ database, connections, clock, random });
  const upstreamTokens = new UpstreamTokens({ ...world, app: options.app, connections });
  const calls = metrics.counter("gateway_upstream_calls_total", "Calls to the referrals API.", [
    "status",
  ]);
  const upstream = new Upstream({
    referralsUrl: options.referralsUrl ?? defaultEndpoint,
    tokens: upstreamTokens,
    http: world.http,
    onAnswer: (status) => calls.inc({ status: String(status) }),
  });
  metrics.gauge("gateway_connections", "Connections.", () => connections.count());
  const clients = new ClientRegistry(store, random, options.clients);
  const cache = new ReadCache(clock, options.cacheMaxAgeMs ?? 0);
  const health = new HealthBook(upstreamTokens, clock);
  const remembering = [tokens, upstreamTokens, cache, health];
  return {
    ...world,
    ...triggerParts(world, connections, upstream, async () => {
      await tokens.sweep();
      await store.sweep();
    }),
    adminSecret: options.adminSecret ?? Buffer.from(random.bytes(32)).toString("base64url"),
    clients,
    connections,
    tokens,
    upstreamTokens,
    upstream,
    signIn: new SignIn({ ...world, app: options.app, clients, connections, store, scope }),
    throttle: new Throttle({ clock, limit: options.callLimit ?? callLimit.calls }),
    cache,
    health,
    webhookRegistrar: registrarFor(world, upstreamTokens),
    endConnection: async (id) => {
      const existed = await connections.end(id);
      for (const part of remembering) part.forget(id);
      return existed;
    },
  };
}
