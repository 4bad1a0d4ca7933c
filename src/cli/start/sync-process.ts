import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import {
  type AccessOptions,
  createOperations,
  createWebhookVerifier,
  type Demonstration,
  type MappingFile,
  type WebhookTrust,
} from "../../operations/index.ts";
import { fetchHttp, type Log, systemClock, systemRandom } from "../../runtime/index.ts";
import { migrate, openDatabase } from "../../storage/index.ts";
import {
  createEngine,
  type Engine,
  type EngineSettings,
  type Ledger,
  openLedger,
} from "../../sync/index.ts";
import { openAlerter } from "../alerts/open-alerter.ts";
import type { AlertConfig } from "../config/alert-schema.ts";
import { clientInProcess } from "../ledger-access/operations-client.ts";
import type { Connections } from "./connections.ts";
import { announceAddress, fileWitness, ledgerFile } from "./data-folder.ts";
import { endCalls } from "./end-calls.ts";
import type { MappingHome } from "./mapping-home.ts";

/** Everything that one engine with its operator's page runs on. */
export interface SyncProcessOptions {
  readonly connections: Connections;
  readonly settings: EngineSettings;
  /** Folder of the ledger. */
  readonly data: string;
  readonly environment: string;
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly hostNames?: readonly string[];
  };
  readonly log: Log;
  readonly trust?: WebhookTrust;
  readonly demonstration?: Demonstration;
  /** Who may come in; without it, everybody on this machine. */
  readonly access?: AccessOptions;
  /**
   * Finds the built dashboard, at each life anew: another version may have cleared the one before
   * away. Without it only the API is served.
   */
  readonly pageFolder?: () => Promise<string>;
  /** Where the mapping lies; without it the page doesn't show it. */
  readonly mapping?: MappingHome;
  /** Who is told when something needs a person; nobody where absent. */
  readonly alerts?: AlertConfig;
  readonly places?: Readonly<Record<string, string>>;
}

/**
 * An engine on its ledger with the operator's API over it; nothing runs and nobody is served yet.
 */
export interface OpenSync {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly server: FastifyInstance;
  /** Releases everything; the caller has stopped the engine. */
  close(): Promise<void>;
}

/** Opens the ledger, and puts the engine and the operator's API upon it. */
export async function openSync(
  options: SyncProcessOptions,
  apply: MappingFile["apply"] = () => {},
): Promise<OpenSync> {
  const { connections, settings, log } = options;
  const pageFolder = await options.pageFolder?.();
  const database = await openDatabase(join(options.data, ledgerFile));
  const ledger = await openLedger(database, settings.connectionId, migrate);
  const world = { clock: systemClock, random: systemRandom, log };
  const { referrals, crm, mapping } = connections;
  const witness = fileWitness(options.data);
  const engine = createEngine({ ...world, referrals, crm, ledger, mapping, settings, witness });
  const server = await createOperations({
    desk: {
      ...world,
      engine,
      ledger,
      database,
      mapping,
      settings,
      environment: options.environment,
      expiringDays: options.alerts?.expiringDays,
      signInEnds: () => connections.signInEnds(),
      ...(options.mapping ? { mappingFile: { ...options.mapping, apply } } : {}),
      ...(options.demonstration ? { demonstration: options.demonstration } : {}),
      ...(options.places ? { places: options.places } : {}),
    },
    hosts: options.server.hostNames ?? [],
    ...(options.access ? { access: options.access } : {}),
    ...(pageFolder === undefined ? {} : { pageFolder }),
    ...(connections.crmWebhook ? { crmWebhook: connections.crmWebhook } : {}),
    ...(options.trust
      ? { verifier: createWebhookVerifier(options.trust, { http: fetchHttp, clock: systemClock }) }
      : {}),
  });
  return {
    engine,
    ledger,
    server,
    close: async () => {
      await server.close();
      await database.close();
      await connections.close();
    },
  };
}

/** A running engine and its page. */
export interface SyncProcess {
  readonly statusUrl: string;
  /** Finishes what is under way, then releases everything. */
  stop(): Promise<void>;
  /** Rejects when the engine's loop breaks down; never resolves before `stop`. */
  readonly running: Promise<void>;
}

/** One life of the process: from one mapping to the next. */
interface Life {
  readonly engine: Engine;
  readonly statusUrl: string;
  readonly running: Promise<void>;
  stop(): Promise<void>;
}

async function beginLife(
  options: SyncProcessOptions,
  port: number,
  apply: MappingFile["apply"],
): Promise<Life> {
  const { engine, server, close } = await openSync(options, apply);
  const statusUrl = await server.listen({ host: options.server.host, port });
  const withdraw = announceAddress(options.data, statusUrl);
  const alerting = startAlerts(options, server, statusUrl);
  return {
    engine,
    statusUrl,
    running: engine.start(),
    stop: async () => {
      withdraw();
      await alerting.stop();
      await endCalls(server, systemClock);
      await engine.stop();
      await close();
    },
  };
}

/** The call that stored a mapping is answered before the server begins anew. */
const answerMs = 150;

/** Opens the ledger, starts the engine's loop and serves the operator's page. */
export async function startSyncProcess(options: SyncProcessOptions): Promise<SyncProcess> {
  const over = Promise.withResolvers<void>();
  let isStopping = false;
  let changing: Promise<void> = Promise.resolve();
  const apply: MappingFile["apply"] = (change) => {
    changing = changing
      .then(() => systemClock.sleep(answerMs))
      .then(async () => {
        if (isStopping || !options.mapping) return;
        const { port } = new URL(life.statusUrl);
        await life.stop();
        const connections = await options.mapping.reconnect();
        life = await beginLife({ ...options, connections }, Number(port), apply);
        life.running.catch(over.reject);
        await life.engine.replan(change);
      })
      .catch(over.reject);
  };
  let life = await beginLife(options, options.server.port, apply);
  life.running.catch(over.reject);
  return {
    statusUrl: life.statusUrl,
    running: over.promise,
    stop: async () => {
      isStopping = true;
      await changing;
      await life.stop();
      over.resolve();
    },
  };
}

/** Tells people what needs them, as long as the process runs. */
function startAlerts(
  { alerts, data, environment, log }: SyncProcessOptions,
  server: FastifyInstance,
  pageUrl: string,
): { stop(): Promise<void> } {
  if (!alerts || alerts.to.length === 0) return { stop: async () => {} };
  const client = clientInProcess(server, data);
  const ending = new AbortController();
  const alerter = openAlerter({ config: alerts, client, data, environment, pageUrl, log });
  const running = alerter.run(ending.signal);
  return {
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
