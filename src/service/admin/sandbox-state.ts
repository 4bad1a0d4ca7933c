import { noFaults } from "../../http/index.ts";
import { clockOffsetKey } from "../business-clock.ts";
import type { Parts } from "../parts.ts";

const clearedTables = [
  "referrals",
  "referralVersions",
  "requests",
  "webhookRegistrations",
  "webhookDeliveries",
];

/**
 * Skips time for the referrals: what would have expired meanwhile has expired when this resolves.
 */
export async function advanceClock(parts: Parts, milliseconds: number): Promise<void> {
  const { businessClock, store, expiry } = parts;
  businessClock.advance(milliseconds);
  await store.put(...clockOffsetKey, String(businessClock.offsetMs));
  await expiry.learn();
}

/**
 * Empties the sandbox: referrals, registrations and deliveries go, clients and skipped time stay,
 * faults are off.
 */
export async function clearEverything(parts: Parts): Promise<void> {
  parts.faults.profile = noFaults;
  parts.faults.resetCounts();
  parts.switches.requiresMfa = false;
  await parts.database.transaction(async (transaction) => {
    for (const table of clearedTables) await transaction.run(`DELETE FROM "${table}"`);
  });
  await parts.expiry.learn();
}
