import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import type { Environment } from "./environment.ts";
import { type Document, rowsAfter, type StoredRow } from "./store.ts";

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
  const insertOne = async (table: string, row: Document): Promise<StoredRow> => {
    const [created] = await environment.insert(table, [row]);
    if (!created) throw new Error("the seed row wasn't created");
    return created;
  };
  const hasConnectorTables = environment.model().has("pr_solution");
  for (let index = 0; index < count; index += 1) {
    const { account, contact, currency } = inventCustomer(inventor, index);
    const accountRow = await insertOne("account", account);
    const contactRow = await insertOne("contact", {
      ...contact,
      "parentcustomerid_account@odata.bind": `accounts(${accountRow.id})`,
    });
    const { pr_syncwithpartnercenter: isShared, ...deal } = inventDeal(
      inventor,
      clock.now(),
      index % 2 === 0,
    );
    const opportunity = await insertOne("opportunity", {
      name: `${inventor.pick(undertakings)} – ${String(account.name)}`,
      ...(hasConnectorTables ? { ...deal, pr_syncwithpartnercenter: isShared } : {}),
      "customerid_account@odata.bind": `accounts(${accountRow.id})`,
      "parentaccountid@odata.bind": `accounts(${accountRow.id})`,
      "parentcontactid@odata.bind": `contacts(${contactRow.id})`,
      "transactioncurrencyid@odata.bind": `transactioncurrencies(${currencyIds.get(currency)})`,
    });
    if (!hasConnectorTables || !isShared) continue;
    const [solutionId, solutionName] = inventor.pick(solutions);
    await insertOne("pr_solution", {
      pr_name: solutionName,
      pr_solutioncode: solutionId,
      pr_type: "Name",
      "pr_Opportunity@odata.bind": `opportunities(${opportunity.id})`,
    });
  }
}
