import fastify, { type FastifyInstance } from "fastify";
import type { Clock, Random } from "../../runtime/index.ts";
import { type Database, migrate } from "../../storage/index.ts";
import type { DataverseContext } from "./context.ts";
import { writeSession } from "./context.ts";
import { customisedModel, readCustomisation, writeCustomisation } from "./customisation.ts";
import { DataverseError, errorCodes } from "./errors.ts";
import type { Model } from "./model.ts";
import { answer, errorResponse } from "./service.ts";
import { readSetting, storeMigrations, writeSetting } from "./store.ts";
import { createRow } from "./write.ts";

/** How the emulated environment is set up. */
export interface DynamicsSandboxOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** The bearer token that callers must show. */
  readonly token: string;
  readonly maxPageSize?: number;
  /** False: the connector's columns and key are still to be created by its setup command. */
  readonly prepared?: boolean;
}

/** A running emulator of a Dynamics 365 Sales environment. */
export interface DynamicsSandbox {
  /** Starts to listen on loopback; resolves to the Web API's root, `http://…/api/data/v9.2`. */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

const rootPath = "/api/data/v9.2";
const standardPageSize = 5000;

interface Organisation {
  readonly userId: string;
  readonly organizationId: string;
  readonly businessUnitId: string;
}

async function openOrganisation(options: DynamicsSandboxOptions): Promise<Organisation> {
  const stored = await readSetting(options.database, "organisation");
  if (stored !== undefined) return stored as Organisation;
  const organisation: Organisation = {
    userId: options.random.uuid(),
    organizationId: options.random.uuid(),
    businessUnitId: options.random.uuid(),
  };
  await options.database.transaction((transaction) =>
    writeSetting(transaction, "organisation", organisation),
  );
  return organisation;
}

/** Creates an emulator of the Dataverse Web API over a database; what is in the database stays. */
export async function createDynamicsSandbox(
  options: DynamicsSandboxOptions,
): Promise<DynamicsSandbox> {
  await migrate(options.database, "dynamics365-sandbox", storeMigrations);
  const organisation = await openOrganisation(options);
  if (options.prepared ?? true) await addConnectorColumns(options.database);
  const model = customisedModel(await readCustomisation(options.database));
  let rootUrl = rootPath;
  const context = (): DataverseContext => ({
    database: options.database,
    clock: options.clock,
    random: options.random,
    rootUrl,
    ...organisation,
    maxPageSize: options.maxPageSize ?? standardPageSize,
  });
  await addCurrencies(context(), model);
  const server = fastify({ exposeHeadRoutes: false });
  addRoutes(server, options, () => ({ context: context(), model }));
  return {
    listen: async (port) => {
      await server.listen({ host: "127.0.0.1", port });
      const address = server.server.address();
      const actual = typeof address === "object" && address ? address.port : port;
      rootUrl = `http://127.0.0.1:${actual}${rootPath}`;
      return rootUrl;
    },
    close: () => server.close(),
  };
}

/** What the connector's setup would create, so that a fresh sandbox can be used at once. */
async function addConnectorColumns(database: Database): Promise<void> {
  if ((await readSetting(database, "prepared")) === true) return;
  await database.transaction(async (transaction) => {
    const present = await readCustomisation(transaction);
    await writeCustomisation(transaction, {
      ...present,
      attributes: {
        opportunity: [
          { name: "pr_referralid", type: "String", maxLength: 100, custom: true },
          { name: "pr_syncwithpartnercenter", type: "Boolean", defaultValue: false, custom: true },
        ],
      },
      keys: { opportunity: [{ name: "pr_referralkey", attributes: ["pr_referralid"] }] },
    });
    await writeSetting(transaction, "prepared", true);
  });
}

const currencies = [
  ["US Dollar", "USD", "$", 2, 1],
  ["Euro", "EUR", "€", 2, 0.9],
  ["Pound Sterling", "GBP", "£", 2, 0.8],
  ["Yen", "JPY", "¥", 0, 150],
] as const;

async function addCurrencies(context: DataverseContext, model: Model): Promise<void> {
  if ((await readSetting(context.database, "baseCurrencyId")) !== undefined) return;
  const table = model.get("transactioncurrency");
  if (!table) return;
  await context.database.transaction(async (transaction) => {
    const session = writeSession(context, transaction, model);
    for (const [currencyname, isocurrencycode, currencysymbol, precision, rate] of currencies) {
      const row = await createRow(session, table, {
        currencyname,
        isocurrencycode,
        currencysymbol,
        currencyprecision: precision,
        exchangerate: rate,
      });
      if (isocurrencycode === "USD") await writeSetting(transaction, "baseCurrencyId", row.id);
    }
  });
}

function addRoutes(
  server: FastifyInstance,
  options: DynamicsSandboxOptions,
  environment: () => { readonly context: DataverseContext; readonly model: Model },
): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  server.all(`${rootPath}/*`, async (request, reply) => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
    }
    const { context, model } = environment();
    const response =
      headers.authorization === `Bearer ${options.token}`
        ? await answer(context, model, {
            method: request.method,
            target: request.url.slice(rootPath.length + 1),
            headers,
            body: typeof request.body === "string" ? request.body : "",
          })
        : errorResponse(
            new DataverseError(401, errorCodes.unauthenticated, "The token is missing or invalid."),
          );
    return reply
      .status(response.status)
      .headers(response.headers)
      .send(response.status === 204 || response.status === 304 ? null : response.body);
  });
}
