import type { Referral } from "../../src/contract/index.ts";
import type { CrmFields } from "../../src/crm/index.ts";
import type { Random } from "../../src/runtime/index.ts";
import type { Ledger, Pair, PairState } from "../../src/sync/index.ts";

const customers = ["Contoso", "Fabrikam", "Adatum", "Wingtip", "Proseware", "Litware", "Tailspin"];
const works = ["Azure migration", "Data platform", "Security review", "Service desk", "Backup"];
const cities = ["Berlin", "Lyon", "Oslo", "Porto", "Leeds", "Graz", "Turku", "Gent", "Brno"];
const currencies = ["EUR", "USD", "GBP"];
const dayMs = 86_400_000;
const pairsPerCommit = 1_000;
const start = Date.UTC(2026, 0, 1);

const pick = <T>(list: readonly T[], random: Random): T =>
  list[Math.floor(random.fraction() * list.length)] as T;

function stateOf(random: Random): PairState {
  const chance = random.fraction();
  if (chance < 0.97) return "in-step";
  if (chance < 0.98) return "asking";
  if (chance < 0.985) return "dead";
  return chance < 0.99 ? "refusing" : "held";
}

function pairOf(index: number, random: Random): Pair {
  const at = start + Math.floor(random.fraction() * 300 * dayMs);
  const customer = `${pick(customers, random)} ${pick(cities, random)} ${index}`;
  const name = `${customer} – ${pick(works, random)}`;
  const dealValue = Math.round(random.fraction() * 4_000) * 250;
  const currency = pick(currencies, random);
  const stamp = new Date(at).toISOString();
  const closes = new Date(at + Math.floor(random.fraction() * 180) * dayMs).toISOString();
  const state = stateOf(random);
  const referral: Referral = {
    id: random.uuid(),
    name,
    engagementId: random.uuid(),
    status: state === "held" ? "New" : "Active",
    substatus: state === "held" ? "Received" : "Accepted",
    createdDateTime: stamp,
    updatedDateTime: stamp,
    acceptedDateTime: stamp,
    customerProfile: { name: customer, address: { country: "DE" } },
    details: { dealValue, currency, closingDateTime: closes },
  };
  const crm: CrmFields = {
    name,
    estimatedvalue: dealValue,
    "transactioncurrencyid.isocurrencycode": currency,
    estimatedclosedate: closes.slice(0, 10),
    status: "open/1",
    "account.name": customer,
  };
  const side = { version: "1", stamp, shadow: {}, changes: {}, lookedAt: at, epoch: 1 } as const;
  return {
    id: random.uuid(),
    revision: 0,
    state,
    role: "deal",
    origin: "crm",
    referral: { ...side, id: referral.id ?? "", document: referral, presence: "present" },
    crm: { ...side, id: random.uuid(), document: crm, presence: "present" },
    engagementId: referral.engagementId,
    look: {},
    parked: {},
    decisions: {},
    refusals: [],
    recentWrites: {},
    epoch: 1,
    createdAt: at,
  } as Pair;
}

/** Fills a ledger with deals that look like a large partner's. */
export async function fillLedger(ledger: Ledger, pairs: number, random: Random): Promise<void> {
  for (let from = 0; from < pairs; from += pairsPerCommit) {
    const count = Math.min(pairsPerCommit, pairs - from);
    const some = Array.from({ length: count }, (_, index) => pairOf(from + index, random));
    await ledger.commit({ pairs: some });
  }
}
