import { join } from "node:path";
import { WebhookRegistrationClient } from "../../client/index.ts";
import { webhookEvents } from "../../contract/index.ts";
import { webhookPath } from "../../operations/index.ts";
import { type Log, systemClock, systemRandom } from "../../runtime/index.ts";
import { createDynamicsSandbox } from "../../sandbox/dynamics365/index.ts";
import {
  createReferralsService,
  type ReferralsService,
  type SandboxClient,
  syncAccountName,
  webhookSignerName,
} from "../../service/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { configSchema } from "../config/config-schema.ts";
import { CliFailure } from "../failure.ts";
import { settingsOf } from "./configured.ts";
import { openConnections } from "./connections.ts";
import { claimDataFolder } from "./data-folder.ts";
import { createPlay } from "./play.ts";
import { storedSecret } from "./stored-secret.ts";
import { startSyncProcess } from "./sync-process.ts";

/** What the demonstration prints as its first line with --json. */
export interface DemonstrationLine {
  readonly statusUrl: string;
  readonly referrals: {
    readonly referralsUrl: string;
    readonly tokenUrl: string;
    readonly adminUrl: string;
    readonly adminSecret: string;
    /** A visitor's apps; the engine has one of its own, counted apart. */
    readonly clients: readonly Pick<
      SandboxClient,
      "clientId" | "clientSecret" | "organizationId" | "role"
    >[];
  };
  readonly crm: { readonly kind: "dynamics365"; readonly url: string; readonly token: string };
}

/** A running demonstration. */
export interface RunningDemonstration {
  readonly line: DemonstrationLine;
  readonly running: Promise<void>;
  stop(): Promise<void>;
}

const seededReferrals = 24;
const seededDeals = 18;
const pollCrmSeconds = 0.5;
const pollReferralsSeconds = 15;

function syncAccount(clients: readonly SandboxClient[]): SandboxClient {
  const found = clients.find((client) => client.userName.startsWith(`${syncAccountName}@`));
  if (found) return found;
  throw new CliFailure("The sandbox's data has no account for the sync engine.", {
    remedy: "It is older than this version: start with another folder (--data).",
  });
}

async function explainPort<T>(listening: Promise<T>, port: number): Promise<T> {
  try {
    return await listening;
  } catch (cause) {
    if (!(cause instanceof Error) || Reflect.get(cause, "code") !== "EADDRINUSE") throw cause;
    throw new CliFailure(`Port ${port} is already in use.`, {
      remedy: "Choose others with --port N (it takes N, N+1 and N+2), or --port 0 for free ones.",
      cause,
    });
  }
}

function configOf(
  service: ReferralsService,
  crm: DemonstrationLine["crm"],
  data: string,
  port: number,
) {
  const engine = syncAccount(service.clients);
  const { baseUrl, referralsUrl } = service.urls;
  return configSchema.parse({
    environment: "sandbox",
    partnerCenter: {
      referralsUrl,
      authority: `${baseUrl}/${engine.organizationId}`,
      clientId: engine.clientId,
      clientSecret: engine.clientSecret,
    },
    crm,
    data,
    server: { port },
    sync: { approval: "automatic", pollCrmSeconds, pollReferralsSeconds, inviteMicrosoft: true },
  });
}

async function trustOf(service: ReferralsService) {
  const { baseUrl } = service.urls;
  const authority = await fetch(`${baseUrl}/certificates/authority.pem`);
  return {
    roots: [await authority.text()],
    certificateHosts: [new URL(baseUrl).host],
    organization: webhookSignerName,
    allowsHttp: true,
  };
}

/**
 * Runs the whole product on one machine: both outside systems as sandboxes, and the sync between.
 */
export async function startDemonstration(options: {
  readonly data: string;
  readonly port: number;
  readonly log: Log;
}): Promise<RunningDemonstration> {
  const { data, port, log } = options;
  const release = claimDataFolder(data);
  const portAt = (offset: number): number => (port === 0 ? 0 : port + offset);
  const service = await createReferralsService({
    database: join(data, "referrals.sqlite"),
    port: portAt(1),
    log,
    allowsPrivateWebhooks: true,
  });
  const urls = await explainPort(service.listen(), portAt(1));
  const engineToken = storedSecret(data, "crm-engine.token");
  const crmDatabase = await openDatabase(join(data, "crm.sqlite"));
  const world = { clock: systemClock, random: systemRandom };
  const visitorToken = storedSecret(data, "crm-visitor.token");
  const sandbox = await createDynamicsSandbox({
    database: crmDatabase,
    ...world,
    token: engineToken,
    otherTokens: { [visitorToken]: "Kim Visitor" },
  });
  const crmUrl = await explainPort(sandbox.listen(portAt(2)), portAt(2));
  const crm = { kind: "dynamics365", url: crmUrl, token: visitorToken } as const;

  await service.seed(seededReferrals);
  await sandbox.seed(seededDeals);
  const config = configOf(service, { ...crm, token: engineToken }, data, port);
  const connections = await openConnections(config);
  const adminSecret = service.adminSecret ?? "";
  const line = {
    referrals: {
      referralsUrl: urls.referralsUrl,
      tokenUrl: urls.tokenUrl,
      adminUrl: urls.adminUrl,
      adminSecret,
      clients: visitorClients(service.clients),
    },
    crm,
  };
  const sync = await explainPort(
    startSyncProcess({
      connections,
      settings: settingsOf(config),
      data,
      environment: config.environment,
      server: config.server,
      log,
      trust: await trustOf(service),
      demonstration: createPlay(line),
      places: { "Referrals service": urls.baseUrl, "CRM (Dynamics 365 Web API)": crmUrl },
    }),
    port,
  );
  await new WebhookRegistrationClient({
    credential: connections.credential,
    endpoint: urls.webhookRegistrationUrl,
  }).register({
    webhookUrl: new URL(webhookPath, sync.statusUrl).href,
    webhookEvents: webhookEvents.filter((name) => name !== "test-created"),
    takeOver: true,
  });
  return {
    line: { statusUrl: sync.statusUrl, ...line },
    running: sync.running,
    stop: async () => {
      await sync.stop();
      await sandbox.close();
      await crmDatabase.close();
      await service.close();
      release();
    },
  };
}

function visitorClients(clients: readonly SandboxClient[]) {
  const engine = syncAccount(clients);
  return clients
    .filter((client) => client !== engine)
    .map(({ clientId, clientSecret, organizationId, role }) => {
      return { clientId, clientSecret, organizationId, role };
    });
}
