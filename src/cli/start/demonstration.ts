import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { WebhookRegistrationClient } from "../../client/index.ts";
import { webhookEvents } from "../../contract/index.ts";
import { webhookPath } from "../../operations/index.ts";
import { type Log, systemClock, systemRandom } from "../../runtime/index.ts";
import {
  createReferralsService,
  type ReferralsService,
  type SandboxClient,
  syncAccountName,
  webhookSignerName,
} from "../../service/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { configFileName } from "../config/config-file.ts";
import { type Config, configSchema } from "../config/config-schema.ts";
import { vendorOf } from "../crm/registry.ts";
import type { CrmChoice, CrmSandboxKind } from "../crm/vendor.ts";
import { CliFailure } from "../failure.ts";
import { settingsOf } from "./configured.ts";
import { openConnections } from "./connections.ts";
import { dashboardFolder } from "./dashboard-folder.ts";
import { claimDataFolder, demonstrationMark } from "./data-folder.ts";
import { mappingHome, withOwnMapping } from "./mapping-home.ts";
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
  readonly crm: { readonly kind: string; readonly url: string; readonly token: string };
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

function configOf(service: ReferralsService, crm: CrmChoice, data: string, port: number) {
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

/** The emulator of a kind of CRM. Errors: CliFailure where there is none. */
function sandboxOf(kind: string): CrmSandboxKind<CrmChoice> {
  const { sandbox, title } = vendorOf(kind);
  if (sandbox) return sandbox;
  throw new CliFailure(`There is no sandbox of ${title} to demonstrate with.`, {
    remedy: "Choose another CRM, or connect your own with `referrals init`.",
  });
}

/** Leaves the configuration beside the data, so that every command can be tried on it. */
function writeConfig(config: Config, data: string): void {
  const text = stringify({ ...config, data: "." });
  const comment = "# Written by the demonstration at each start.\n";
  writeFileSync(join(data, configFileName), `${comment}${text}`, { mode: 0o600 });
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
  /** Which CRM is played. */
  readonly crm: string;
}): Promise<RunningDemonstration> {
  const { data, port, log } = options;
  const played = sandboxOf(options.crm);
  const release = claimDataFolder(data);
  const portAt = (offset: number): number => (port === 0 ? 0 : port + offset);
  const service = await createReferralsService({
    database: join(data, demonstrationMark),
    port: portAt(1),
    log,
    allowsPrivateWebhooks: true,
  });
  const urls = await explainPort(service.listen(), portAt(1));
  const engineToken = storedSecret(data, "crm-engine.token");
  const crmDatabase = await openDatabase(join(data, `${options.crm}.sqlite`));
  const world = { clock: systemClock, random: systemRandom };
  const visitorToken = storedSecret(data, "crm-visitor.token");
  const sandbox = await played.open({
    database: crmDatabase,
    ...world,
    engineToken,
    userToken: visitorToken,
  });
  const crmUrl = await explainPort(sandbox.listen(portAt(2)), portAt(2));
  const crm = { kind: options.crm, url: crmUrl, token: visitorToken };

  await service.seed(seededReferrals);
  await sandbox.seed(seededDeals);
  const config = configOf(service, played.configFor(crmUrl, engineToken), data, port);
  writeConfig(config, data);
  const ownMapping = join(data, "mapping.yaml");
  const connections = await openConnections(withOwnMapping(config, ownMapping));
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
      mapping: mappingHome(config, ownMapping),
      pageFolder: () => dashboardFolder((text) => process.stderr.write(text)),
      log,
      trust: await trustOf(service),
      demonstration: createPlay({
        referrals: line.referrals,
        editDeal: (recordId, fields) => played.editDeal(crmUrl, visitorToken, recordId, fields),
      }),
      places: {
        "Referrals service": urls.baseUrl,
        [`CRM (${vendorOf(options.crm).title})`]: crmUrl,
      },
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
