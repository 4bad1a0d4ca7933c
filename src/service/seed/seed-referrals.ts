import { type Random, seededRandom } from "../../runtime/index.ts";
import type { Database } from "../../storage/port.ts";
import type { Organization } from "../rules/new-referral.ts";
import { insertReferrals } from "../store/referral-store.ts";
import { createIndexStatements, dropIndexStatements } from "../store/schema.ts";
import { inventedReferral } from "./invented-referral.ts";

const rowsPerTransaction = 20_000;
const rowsPerStatement = 50;
const fewRows = 500;

/** What is to be invented, and for whom. */
export interface SeedOptions {
  readonly organization: Organization;
  readonly count: number;
  readonly random: Random;
  /** Milliseconds since 1970 in the referrals' own time. */
  readonly now: number;
}

async function runAll(database: Database, statements: readonly string[]): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const statement of statements) await transaction.run(statement);
  });
}

async function insertAll(database: Database, options: SeedOptions): Promise<void> {
  const { organization, count, random, now } = options;
  const tenantId = organization.id;
  // Cryptographic chance is needed once; a million invented streets can follow from it.
  const invented = seededRandom(Math.floor(random.fraction() * 2 ** 32));
  const next = () => {
    const document = { ...inventedReferral(organization, invented, now), id: random.uuid() };
    return { tenantId, locationId: null, document, text: JSON.stringify(document) };
  };
  for (let done = 0; done < count; done += rowsPerTransaction) {
    const size = Math.min(rowsPerTransaction, count - done);
    await database.transaction(async (transaction) => {
      for (let from = 0; from < size; from += rowsPerStatement) {
        const length = Math.min(rowsPerStatement, size - from);
        await insertReferrals(transaction, Array.from({ length }, next));
      }
    });
  }
}

/** Adds invented referrals in bulk: no webhook tells of them. */
export async function seedReferrals(database: Database, options: SeedOptions): Promise<void> {
  const row = await database.get(`SELECT count(*) AS "count" FROM "referrals"`);
  // Where most rows will be new, it is faster to make the indexes once, after the rows.
  const isLarge = options.count >= Math.max(fewRows, Number(row?.count ?? 0));
  if (isLarge) await runAll(database, dropIndexStatements);
  try {
    await insertAll(database, options);
  } finally {
    if (isLarge) await runAll(database, createIndexStatements(database.dialect));
  }
}
