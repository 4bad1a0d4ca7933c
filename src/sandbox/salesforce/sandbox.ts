import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { listenOnLoopback } from "../emulator-server.ts";
import { Mishaps } from "../mishaps.ts";
import { RowStore } from "../row-store.ts";
import { Access, type SalesforceClient } from "./access.ts";
import { Cursors } from "./answer.ts";
import { addConnectorCustomisation } from "./connector-customisation.ts";
import { addStage, openOrganisation, stampOf } from "./organisation.ts";
import { seedDeals } from "./seed.ts";
import { createSalesforceServer } from "./server.ts";

/** How the emulated organisation is set up. */
export interface SalesforceSandboxOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** A session id that holds for as long as the sandbox runs. */
  readonly token: string;
  /** The name that stands under "last modified by" for that token. */
  readonly userName?: string;
  /** Further tokens, with the name of the user behind each. */
  readonly otherTokens?: Readonly<Record<string, string>>;
  /** Connected apps that get their tokens at `tokenUrl`. */
  readonly clients?: readonly SalesforceClient[];
  /** API calls of the organisation in any 24 hours. */
  readonly dailyCalls?: number;
  /** False: one currency only. */
  readonly multiCurrency?: boolean;
  /** Rows in an answer to a query; Salesforce's 2,000 unless told. */
  readonly queryPageSize?: number;
  /** False: the connector's fields, objects and stage are still to be created. */
  readonly prepared?: boolean;
}

/** A running emulator of a Salesforce organisation. */
export interface SalesforceSandbox {
  /** Starts to listen on loopback; resolves to the instance's address. */
  listen(port: number): Promise<string>;
  /** Where apps get their tokens; known once it listens. */
  readonly tokenUrl: string;
  /** Adds invented deals with accounts and contacts, unless there are deals already. */
  seed(count: number): Promise<void>;
  /** Mishaps that a test can arrange. */
  readonly mishaps: Mishaps;
  /** Makes every token that was issued at `tokenUrl` expire now. */
  expireTokens(): void;
  /** Adds an open stage, as an administrator does. */
  addStage(name: string): void;
  /** Moves a row's SystemModstamp alone, as a job of Salesforce's own does. */
  touch(object: string, id: string): void;
  close(): Promise<void>;
}

const dailyCalls = 100_000;
const queryPageSize = 2000;

/** The stage in which inbound referrals wait, in a sandbox that is prepared. */
export const waitingStage = "Waiting for Partner Center";

/** Creates an emulator of Salesforce over a database; what is in the database stays. */
export async function createSalesforceSandbox(
  options: SalesforceSandboxOptions,
): Promise<SalesforceSandbox> {
  const { clock, database, random } = options;
  const mishaps = new Mishaps();
  const access = new Access({
    clock,
    random,
    tokens: { ...options.otherTokens, [options.token]: options.userName ?? "Partner Center sync" },
    clients: options.clients ?? [],
    dailyCalls: options.dailyCalls ?? dailyCalls,
  });
  const store = await RowStore.open(database);
  const organisation = openOrganisation({
    store,
    clock,
    random,
    mishaps,
    multiCurrency: options.multiCurrency ?? true,
    queryPageSize: options.queryPageSize ?? queryPageSize,
    users: access.users,
  });
  if (options.prepared ?? true) {
    store.change(() => {
      addConnectorCustomisation(organisation);
      addStage(organisation, waitingStage);
    });
  }
  await store.saved();
  let origin = "";
  const parts = { organisation, access, cursors: new Cursors(), origin: () => origin };
  const server = createSalesforceServer(parts);
  return {
    listen: async (port) => {
      origin = await listenOnLoopback(server, port);
      return origin;
    },
    get tokenUrl() {
      return `${origin}/services/oauth2/token`;
    },
    seed: (count) => seedDeals(organisation, count),
    mishaps,
    expireTokens: () => access.expireTokens(),
    addStage: (name) => store.change(() => addStage(organisation, name)),
    touch: (object, id) => {
      const row = store.get(object, id);
      if (!row) throw new RangeError(`there is no ${object} ${id}`);
      const touched = { ...row, SystemModstamp: stampOf(clock.now()) };
      store.change(() => store.put(object, id, touched));
    },
    close: async () => {
      await server.close();
      await store.saved();
    },
  };
}
