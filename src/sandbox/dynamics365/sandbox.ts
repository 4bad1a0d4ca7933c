import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { listenOnLoopback } from "../emulator-server.ts";
import { Mishaps } from "../mishaps.ts";
import { Access, type ProtectionLimits, type SandboxClient, standardLimits } from "./access.ts";
import { openEnvironment } from "./environment.ts";
import { standardPageSize } from "./read.ts";
import { seedDeals } from "./seed.ts";
import { createDataverseServer, rootPath, tokenPath } from "./server.ts";

/** How the emulated environment is set up. */
export interface DynamicsSandboxOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** A bearer token that holds for as long as the sandbox runs. */
  readonly token: string;
  /** The name that stands under "modified by" for that token. */
  readonly userName?: string;
  /** Further tokens, with the name of the user behind each. */
  readonly otherTokens?: Readonly<Record<string, string>>;
  /** Application users that get their tokens at `tokenUrl`. */
  readonly clients?: readonly SandboxClient[];
  readonly limits?: Partial<ProtectionLimits>;
  /** Rows on a page; Dataverse's 5,000 unless told. */
  readonly maxPageSize?: number;
  /** Milliseconds until a new alternate key can be used. */
  readonly keyIndexDelayMs?: number;
  /** False: the connector's columns and key are still to be created by its setup command. */
  readonly prepared?: boolean;
}

/** A running emulator of a Dynamics 365 Sales environment. */
export interface DynamicsSandbox {
  /** Starts to listen on loopback; resolves to the Web API's root, `http://…/api/data/v9.2`. */
  listen(port: number): Promise<string>;
  /** Where clients get their tokens; known once it listens. */
  readonly tokenUrl: string;
  /** Adds invented deals with accounts and contacts, unless there are deals already. */
  seed(count: number): Promise<void>;
  /** Mishaps that a test can arrange. */
  readonly mishaps: Mishaps;
  /** Makes every token that was issued at `tokenUrl` expire now. */
  expireTokens(): void;
  close(): Promise<void>;
}

const keyIndexDelayMs = 1000;

/** Creates an emulator of the Dataverse Web API over a database; what is in the database stays. */
export async function createDynamicsSandbox(
  options: DynamicsSandboxOptions,
): Promise<DynamicsSandbox> {
  const { database, clock, random } = options;
  const mishaps = new Mishaps();
  const access = new Access({
    clock,
    random,
    tokens: { ...options.otherTokens, [options.token]: options.userName ?? "Partner Center sync" },
    clients: options.clients ?? [],
    limits: { ...standardLimits, ...options.limits },
  });
  const environment = await openEnvironment({
    database,
    clock,
    random,
    mishaps,
    maxPageSize: options.maxPageSize ?? standardPageSize,
    keyIndexDelayMs: options.keyIndexDelayMs ?? keyIndexDelayMs,
    prepared: options.prepared ?? true,
    users: access.users,
  });
  let origin = "";
  const server = createDataverseServer({
    environment,
    access,
    mishaps,
    rootUrl: () => origin + rootPath,
  });
  return {
    listen: async (port) => {
      origin = await listenOnLoopback(server, port);
      return origin + rootPath;
    },
    get tokenUrl() {
      return origin + tokenPath;
    },
    seed: (count) => seedDeals(environment, { database, clock, random, count }),
    mishaps,
    expireTokens: () => access.expireTokens(),
    close: () => server.close(),
  };
}
