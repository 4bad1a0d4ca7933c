import { join } from "node:path";
import {
  createOperations,
  createWebhookVerifier,
  type Demonstration,
  type WebhookTrust,
} from "../../operations/index.ts";
import { fetchHttp, type Log, systemClock, systemRandom } from "../../runtime/index.ts";
import { migrate, openDatabase } from "../../storage/index.ts";
import { createEngine, type EngineSettings, openLedger } from "../../sync/index.ts";
import type { Connections } from "./connections.ts";
import { fileWitness } from "./data-folder.ts";

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
  readonly places?: Readonly<Record<string, string>>;
}

/** A running engine and its page. */
export interface SyncProcess {
  readonly statusUrl: string;
  /** Finishes what is under way, then releases everything. */
  stop(): Promise<void>;
  /** Rejects when the engine's loop breaks down; never resolves before `stop`. */
  readonly running: Promise<void>;
}

/** Opens the ledger, starts the engine's loop and serves the operator's page. */
export async function startSyncProcess(options: SyncProcessOptions): Promise<SyncProcess> {
  const { connections, settings, log } = options;
  const database = await openDatabase(join(options.data, "sync.sqlite"));
  const ledger = await openLedger(database, settings.connectionId, migrate);
  const world = { clock: systemClock, random: systemRandom, log };
  const { referrals, crm, mapping } = connections;
  const witness = fileWitness(options.data);
  const engine = createEngine({ ...world, referrals, crm, ledger, mapping, settings, witness });
  const server = createOperations({
    desk: {
      ...world,
      engine,
      ledger,
      mapping,
      settings,
      environment: options.environment,
      ...(options.demonstration ? { demonstration: options.demonstration } : {}),
      ...(options.places ? { places: options.places } : {}),
    },
    hosts: options.server.hostNames ?? [],
    ...(options.trust
      ? { verifier: createWebhookVerifier(options.trust, { http: fetchHttp, clock: systemClock }) }
      : {}),
  });
  const statusUrl = await server.listen({ host: options.server.host, port: options.server.port });
  const running = engine.start();
  return {
    statusUrl,
    running,
    stop: async () => {
      await engine.stop();
      server.server.closeAllConnections();
      await server.close();
      await database.close();
      await connections.close();
    },
  };
}
