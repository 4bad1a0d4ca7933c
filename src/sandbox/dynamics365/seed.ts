import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import type { Environment } from "./environment.ts";
import { type Document, rowsAfter } from "./store.ts";

/** What is to be invented. */
export interface SeedOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly count: number;
}

/*
 * Every company is invented; domains end in .example (RFC 2606), numbers lie in 555-01xx
 * (reserved for fiction).
 */
const companyHeads = ["Aldermoor", "Brightwater", "Cinderhall", "Dovecote", "Elmstead", "Foxglove"];
const companyTails = ["Shipping", "Bakeries", "Optics", "Clinics", "Timber", "Outfitters"];
const undertakings = [
  "Cloud migration of the order system",
  "Data platform for the plants",
  "Service desk with self-help",
  "Security review and sign-in",
  "Backup across two regions",
  "Planning on live figures",
];
const firstNames = ["Ines", "Marek", "Aiko", "Tunde", "Solveig", "Darius", "Leila", "Petra"];
const lastNames = ["Holm", "Adeyemi", "Kowalska", "Tanabe", "Marchetti", "Lindqvist", "Osei"];
const places = [
  ["Portland", "OR", "97201", "United States", "USD"],
  ["Leipzig", "Sachsen", "04103", "Germany", "EUR"],
  ["Nantes", "Pays de la Loire", "44000", "France", "EUR"],
  ["Leeds", "England", "LS1 4DY", "United Kingdom", "GBP"],
  ["Sendai", "Miyagi", "980-0021", "Japan", "JPY"],
] as const;
const solutions = [
  ["SOL-30117-ALD", "Aldermoor Insight"],
  ["SOL-48820-BRW", "Brightwater Bridge"],
] as const;
const dayMs = 86_400_000;

class Inventor {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

interface Customer {
  readonly account: Document;
  readonly contact: Document;
  readonly currency: string;
}

function inventCustomer(inventor: Inventor, index: number): Customer {
  const name = `${inventor.pick(companyHeads)} ${inventor.pick(companyTails)} ${index + 1}`;
  const [city, state, postalCode, country, currency] = inventor.pick(places);
  const firstname = inventor.pick(firstNames);
  const lastname = inventor.pick(lastNames);
  const domain = `${name.toLowerCase().replaceAll(" ", "-")}.example`;
  return {
    account: {
      name,
      address1_line1: `${1 + inventor.below(120)} Station Road`,
      address1_city: city,
      address1_stateorprovince: state,
      address1_postalcode: postalCode,
      address1_country: country,
    },
    contact: {
      firstname,
      lastname,
      emailaddress1: `${firstname}.${lastname}@${domain}`.toLowerCase(),
      telephone1: `+1 202 555 01${String(inventor.below(100)).padStart(2, "0")}`,
    },
    currency,
  };
}

function inventDeal(inventor: Inventor, nowMs: number, isShared: boolean): Document {
  const closing = nowMs + (20 + inventor.below(160)) * dayMs;
  const help = isShared && inventor.below(2) === 0;
  return {
    description: "The customer asks for a first conversation this quarter.",
    estimatedvalue: 5_000 + inventor.below(900) * 250,
    estimatedclosedate: new Date(closing).toISOString().slice(0, 10),
    pr_syncwithpartnercenter: isShared,
    pr_customerconsent: isShared,
    ...(help ? { pr_microsofthelp: 727_000_000, pr_sharewithmicrosoft: true } : {}),
  };
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
  const inventor = new Inventor(random);
  const currencyRows = await rowsAfter(database, "transactioncurrency", 0);
  const currencyIds = new Map(
    currencyRows.map((row) => [String(row.document.isocurrencycode), row.id]),
  );
  for (let from = 0; from < count; from += dealsPerChunk) {
    const size = Math.min(dealsPerChunk, count - from);
    const deals = Array.from({ length: size }, (_, place) => {
      const isShared = (from + place) % 2 === 0;
      const customer = inventCustomer(inventor, from + place);
      return { customer, isShared, deal: inventDeal(inventor, clock.now(), isShared) };
    });
    await insertDeals(environment, inventor, currencyIds, deals);
  }
}

interface InventedDeal {
  readonly customer: Customer;
  readonly deal: Document;
  readonly isShared: boolean;
}

async function insertDeals(
  environment: Environment,
  inventor: Inventor,
  currencyIds: ReadonlyMap<string, string>,
  deals: readonly InventedDeal[],
): Promise<void> {
  const hasConnectorTables = environment.model().has("pr_solution");
  const accounts = await environment.insert(
    "account",
    deals.map(({ customer }) => customer.account),
  );
  const accountOf = (index: number): string => `accounts(${accounts[index]?.id})`;
  const contacts = await environment.insert(
    "contact",
    deals.map(({ customer }, index) => ({
      ...customer.contact,
      "parentcustomerid_account@odata.bind": accountOf(index),
    })),
  );
  const opportunities = await environment.insert(
    "opportunity",
    deals.map(({ customer, deal }, index) => ({
      name: `${inventor.pick(undertakings)} – ${String(customer.account.name)}`,
      ...(hasConnectorTables ? deal : withoutConnectorColumns(deal)),
      "customerid_account@odata.bind": accountOf(index),
      "parentaccountid@odata.bind": accountOf(index),
      "parentcontactid@odata.bind": `contacts(${contacts[index]?.id})`,
      "transactioncurrencyid@odata.bind": `transactioncurrencies(${currencyIds.get(
        customer.currency,
      )})`,
    })),
  );
  if (!hasConnectorTables) return;
  const shared = opportunities.filter((_, index) => deals[index]?.isShared);
  await environment.insert(
    "pr_solution",
    shared.map(({ id }) => {
      const [code, name] = inventor.pick(solutions);
      const link = { "pr_Opportunity@odata.bind": `opportunities(${id})` };
      return { pr_name: name, pr_solutioncode: code, pr_type: "Name", ...link };
    }),
  );
}

function withoutConnectorColumns(deal: Document): Document {
  return Object.fromEntries(Object.entries(deal).filter(([name]) => !name.startsWith("pr_")));
}
