import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { type InventedDeal, inventDeal } from "../invented-deals.ts";
import type { Environment } from "./environment.ts";
import { type Document, rowsAfter } from "./store.ts";

/** What is to be invented. */
export interface SeedOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly count: number;
}

/** Deals that are written together: a commit each would make a large seed wait for the disk. */
const dealsPerChunk = 100;

/**
 * Adds invented deals, each with an account and a contact; half of them are marked for Partner
 * Center.
 */
export async function seedDeals(environment: Environment, options: SeedOptions): Promise<void> {
  const { database, clock, random, count } = options;
  if ((await rowsAfter(database, "opportunity", 0)).length > 0) return;
  const currencyRows = await rowsAfter(database, "transactioncurrency", 0);
  const currencyIds = new Map(
    currencyRows.map((row) => [String(row.document.isocurrencycode), row.id]),
  );
  for (let from = 0; from < count; from += dealsPerChunk) {
    const size = Math.min(dealsPerChunk, count - from);
    const deals = Array.from({ length: size }, (_, place) =>
      inventDeal(random, clock.now(), from + place),
    );
    await insertDeals(environment, currencyIds, deals);
  }
}

function connectorColumns(deal: InventedDeal): Document {
  return {
    pr_syncwithpartnercenter: deal.isShared,
    pr_customerconsent: deal.isShared,
    ...(deal.wantsHelp ? { pr_microsofthelp: 727_000_000, pr_sharewithmicrosoft: true } : {}),
  };
}

async function insertDeals(
  environment: Environment,
  currencyIds: ReadonlyMap<string, string>,
  deals: readonly InventedDeal[],
): Promise<void> {
  const hasConnectorTables = environment.model().has("pr_solution");
  const accounts = await environment.insert(
    "account",
    deals.map((deal) => ({
      name: deal.company,
      address1_line1: deal.street,
      address1_city: deal.city,
      address1_stateorprovince: deal.state,
      address1_postalcode: deal.postalCode,
      address1_country: deal.country,
    })),
  );
  const accountOf = (index: number): string => `accounts(${accounts[index]?.id})`;
  const contacts = await environment.insert(
    "contact",
    deals.map((deal, index) => ({
      firstname: deal.firstName,
      lastname: deal.lastName,
      emailaddress1: deal.email,
      telephone1: deal.phone,
      "parentcustomerid_account@odata.bind": accountOf(index),
    })),
  );
  const opportunities = await environment.insert(
    "opportunity",
    deals.map((deal, index) => ({
      name: deal.title,
      description: deal.notes,
      estimatedvalue: deal.amount,
      estimatedclosedate: deal.closeDate,
      ...(hasConnectorTables ? connectorColumns(deal) : {}),
      "customerid_account@odata.bind": accountOf(index),
      "parentaccountid@odata.bind": accountOf(index),
      "parentcontactid@odata.bind": `contacts(${contacts[index]?.id})`,
      "transactioncurrencyid@odata.bind": `transactioncurrencies(${currencyIds.get(
        deal.currency,
      )})`,
    })),
  );
  if (!hasConnectorTables) return;
  const solutions = deals.flatMap(({ isShared, solution }, index): readonly Document[] => {
    if (!isShared) return [];
    const link = { "pr_Opportunity@odata.bind": `opportunities(${opportunities[index]?.id})` };
    return [{ pr_name: solution.name, pr_solutioncode: solution.code, pr_type: "Name", ...link }];
  });
  await environment.insert("pr_solution", solutions);
}
