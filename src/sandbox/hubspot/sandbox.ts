import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { listenOnLoopback } from "../emulator-server.ts";
import { Mishaps } from "../mishaps.ts";
import { RowStore } from "../row-store.ts";
import { Access, type HubSpotClient, type HubSpotLimits, standardLimits } from "./access.ts";
import { addConnectorDefinitions, type Portal } from "./portal.ts";
import { seedDeals } from "./seed.ts";
import { createHubSpotServer } from "./server.ts";

/** How the emulated account is set up. */
export interface HubSpotSandboxOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** A private app's token, which holds for as long as the sandbox runs. */
  readonly token: string;
  readonly userName?: string;
  /** Further tokens, with the name of the user behind each. */
  readonly otherTokens?: Readonly<Record<string, string>>;
  /** Apps that get their tokens at `tokenUrl`. */
  readonly clients?: readonly HubSpotClient[];
  readonly limits?: Partial<HubSpotLimits>;
  /** Scopes that a token lacks, by token. */
  readonly withoutScopes?: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds until the search sees what was written; none unless told. */
  readonly searchDelayMs?: number;
  /** False: the connector's properties and stage are still to be created. */
  readonly prepared?: boolean;
}

/** A running emulator of a HubSpot account. */
export interface HubSpotSandbox {
  /** Starts to listen on loopback; resolves to the API's address. */
  listen(port: number): Promise<string>;
  /** Where apps renew their tokens; known once it listens. */
  readonly tokenUrl: string;
  /** Adds invented deals with companies and contacts, unless there are deals already. */
  seed(count: number): Promise<void>;
  /** Mishaps that a test can arrange. */
  readonly mishaps: Mishaps;
  /** Makes every token that was issued at `tokenUrl` expire now. */
  expireTokens(): void;
  close(): Promise<void>;
}

/** Creates an emulator of HubSpot's CRM API over a database; what is in the database stays. */
export async function createHubSpotSandbox(
  options: HubSpotSandboxOptions,
): Promise<HubSpotSandbox> {
  const { clock, database, random } = options;
  const mishaps = new Mishaps();
  const access = new Access({
    clock,
    random,
    tokens: { ...options.otherTokens, [options.token]: options.userName ?? "Partner Center sync" },
    clients: options.clients ?? [],
    limits: { ...standardLimits, ...options.limits },
    withoutScopes: options.withoutScopes ?? {},
  });
  const store = await RowStore.open(database);
  const searchDelayMs = options.searchDelayMs ?? 0;
  const portal: Portal = { store, clock, random, mishaps, searchDelayMs };
  if (options.prepared ?? true) store.change(() => addConnectorDefinitions(portal));
  await store.saved();
  const server = createHubSpotServer({ portal, access });
  let origin = "";
  return {
    listen: async (port) => {
      origin = await listenOnLoopback(server, port);
      return origin;
    },
    get tokenUrl() {
      return `${origin}/oauth/v1/token`;
    },
    seed: (count) => seedDeals(portal, count),
    mishaps,
    expireTokens: () => access.expireTokens(),
    close: async () => {
      await server.close();
      await store.saved();
    },
  };
}
