import { basePath, callLimit } from "../contract/index.ts";
import { FaultInjector, Metrics, Throttle, TokenIssuer, TokenVerifier } from "../http/index.ts";
import {
  type Clock,
  type Log,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
} from "../runtime/index.ts";
import { migrate, odataMigrations, openDatabase, openDocumentStore } from "../storage/index.ts";
import type { Database, DocumentStore } from "../storage/port.ts";
import { Accounts } from "./accounts.ts";
import { BusinessClock, clockOffsetKey } from "./business-clock.ts";
import type { CallerDirectory } from "./caller.ts";
import { Expiry } from "./expiry.ts";
import { audiences, type ReferralsServiceOptions } from "./options.ts";
import { Presentation } from "./presentation.ts";
import { Referrals } from "./referrals.ts";
import { Stamps } from "./stamps.ts";
import { serviceMigrations } from "./store/schema.ts";
import { createSigningIdentity, type SigningIdentity } from "./webhooks/certificates.ts";
import { WebhookDelivery } from "./webhooks/delivery.ts";
import { guardedHttp } from "./webhooks/guarded-http.ts";

/** What may be changed while the service runs. */
export interface Switches {
  requiresMfa: boolean;
  /** Calls per connection in a sliding minute. */
  callLimit: number;
}

/** Everything that the routes are made of. */
export interface Parts {
  readonly options: ReferralsServiceOptions;
  readonly clock: Clock;
  readonly businessClock: BusinessClock;
  readonly random: Random;
  readonly log: Log;
  readonly database: Database;
  readonly store: DocumentStore;
  readonly accounts: Accounts | undefined;
  readonly directory: CallerDirectory;
  readonly issuer: TokenIssuer | undefined;
  readonly verifiers: Readonly<Record<keyof typeof audiences, TokenVerifier>>;
  readonly throttle: Throttle;
  readonly switches: Switches;
  readonly faults: FaultInjector;
  readonly metrics: Metrics;
  readonly referrals: Referrals;
  readonly expiry: Expiry;
  readonly delivery: WebhookDelivery;
  readonly presentation: Presentation;
  readonly identity: () => Promise<SigningIdentity>;
  /** The service's origin; known once it listens. */
  readonly address: { baseUrl: string };
}

/** The organisation that the certificate of the webhooks names. */
export const webhookSignerName = "Partner Referrals Sandbox";
const defaultWebhookBackoffMs = 2_000;

/** Tells who may be trusted: the service's own issuer, and the ones it was configured with. */
function verifierFor(
  audience: string,
  options: ReferralsServiceOptions,
  issuer: TokenIssuer | undefined,
  settings: { readonly clock: Clock; readonly switches: Switches },
): TokenVerifier {
  const configured = new Map(options.trustedIssuers?.map((one) => [one.issuer, one]));
  return new TokenVerifier({
    clock: settings.clock,
    trusted: (name) => issuer?.trusted(name, [audience]) ?? configured.get(name),
    requiresMfa: () => settings.switches.requiresMfa,
  });
}

function directoryOf(
  accounts: Accounts | undefined,
  options: ReferralsServiceOptions,
): CallerDirectory {
  return {
    organizationName: (id) => accounts?.organizationName(id) ?? id,
    locationsOf: (principal) => {
      const configured = options.userLocations?.[principal.userId];
      return configured ?? accounts?.locationsOf(principal) ?? [];
    },
  };
}

/** The signing identity from the store, made there when it is first needed. */
function identityFrom(
  store: DocumentStore,
  clock: Clock,
  random: Random,
): () => Promise<SigningIdentity> {
  let loading: Promise<SigningIdentity> | undefined;
  const load = async (): Promise<SigningIdentity> => {
    const key = ["webhook-signer", "current"] as const;
    const stored = await store.get(...key);
    const text =
      stored ??
      (await store.putFirst(
        ...key,
        JSON.stringify(await createSigningIdentity(webhookSignerName, clock.now(), random)),
      ));
    return JSON.parse(text) as SigningIdentity;
  };
  return () => {
    loading ??= load();
    return loading;
  };
}

async function openParts(options: ReferralsServiceOptions) {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const log = options.log ?? silentLog;
  const { database: given = ":memory:" } = options;
  const database = typeof given === "string" ? await openDatabase(given, { clock }) : given;
  await migrate(database, "odata", odataMigrations(database.dialect));
  await migrate(database, "service", serviceMigrations(database.dialect));
  const store = await openDocumentStore(database, clock);
  const offset = await store.get(...clockOffsetKey);
  const businessClock = new BusinessClock(clock, Number(offset ?? 0));
  const isSandbox = options.isSandbox ?? true;
  const accounts = isSandbox ? await Accounts.load(store, random) : undefined;
  const resources = [audiences.referrals, audiences.webhooks];
  const issuer =
    accounts &&
    (await TokenIssuer.create({ clock, random, log, store, directory: accounts, resources }));
  return { clock, random, log, database, store, businessClock, accounts, issuer };
}

/** Opens the database and puts the parts together; nothing listens and no timer runs yet. */
export async function createParts(options: ReferralsServiceOptions): Promise<Parts> {
  const opened = await openParts(options);
  const { clock, random, log, database, store, businessClock, accounts, issuer } = opened;
  const switches: Switches = {
    requiresMfa: false,
    callLimit: options.callLimit ?? callLimit.calls,
  };
  const address = { baseUrl: "" };
  const faults = new FaultInjector({ clock, random });
  const metrics = new Metrics({ process: options.measuresProcess ?? false });
  const attempts = metrics.counter("webhook_attempts_total", "Attempts to deliver a webhook.", [
    "outcome",
  ]);
  const presentation = new Presentation(() => `${address.baseUrl}${basePath}`);
  const identity = identityFrom(store, clock, random);
  const delivery = new WebhookDelivery({
    database,
    clock,
    random,
    log,
    identity,
    http:
      options.http ??
      guardedHttp({ allowPrivateAddresses: options.allowsPrivateWebhooks ?? false }),
    certificateUrl: () => `${address.baseUrl}/certificates/webhooks.pem`,
    referralUrl: (id) => `${presentation.referralsUrl}/${id}`,
    faults,
    onAttempt: (outcome) => attempts.inc({ outcome }),
    firstBackoffMs: options.webhookBackoffMs ?? defaultWebhookBackoffMs,
  });
  const referrals = new Referrals({
    database,
    random,
    stamps: new Stamps(businessClock),
    now: () => businessClock.now(),
    acceptsAtOnce: options.acceptsAtOnce ?? true,
    announce: (transaction, change) => delivery.announce(transaction, change),
    onCommitted: ({ isAnnounced, expiresAt }) => {
      if (isAnnounced) delivery.wake();
      if (expiresAt) expiry.expect(expiresAt);
    },
  });
  const expiry = new Expiry({ database, referrals, clock: businessClock, log });
  const settings = { clock, switches };
  return {
    options,
    ...opened,
    directory: directoryOf(accounts, options),
    verifiers: {
      referrals: verifierFor(audiences.referrals, options, issuer, settings),
      webhooks: verifierFor(audiences.webhooks, options, issuer, settings),
    },
    throttle: new Throttle({ clock, limit: switches.callLimit }),
    switches,
    faults,
    metrics,
    referrals,
    expiry,
    delivery,
    presentation,
    identity,
    address,
  };
}
