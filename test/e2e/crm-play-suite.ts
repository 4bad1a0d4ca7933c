import { expect } from "vitest";
import { seededRandom } from "../../src/runtime/index.ts";
import type { CrmSync } from "./crm-sync.ts";
import { eventually } from "./processes.ts";

/** A deal as the CRM shows it. */
export interface PlayedDeal {
  readonly id: string;
  readonly referralId: string | null;
  readonly dealValue: number | null;
  readonly notes: string | null;
}

/** What a seller edits. */
export type PlayedEdit = { readonly dealValue: number } | { readonly notes: string };

/** A running CRM in the hands of a seller, over the CRM's own API. */
export interface PlayedCrm {
  readonly name: string;
  /** The deals whose names begin so, in an order that stays. */
  list(prefix: string): Promise<readonly PlayedDeal[]>;
  /** Makes a shared deal, with consent, of a customer of its own in Germany. */
  create(deal: NewPlayedDeal): Promise<void>;
  edit(id: string, edit: PlayedEdit): Promise<void>;
  /** Ends the CRM's server as a power failure would, and starts it again. */
  restart?(): Promise<void>;
}

/** A deal to be made. */
export interface NewPlayedDeal {
  readonly number: number;
  readonly name: string;
  readonly customer: string;
  readonly dealValue: number;
  readonly email: string;
}

/** How many times the engine is killed: KILLS. */
export const kills = Number(process.env.KILLS ?? 3);

/** How long the whole may take. */
export const playMs = 180_000 + kills * 30_000;

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const prefix = `Played deal ${seed} `;
const deals = 5;
const settleMs = 120_000;

async function editPartnerCenter(
  { client }: CrmSync,
  { referralId }: PlayedDeal,
  edit: PlayedEdit,
): Promise<void> {
  const referral = await client.getReferral(referralId ?? "");
  const [[name, value] = []] = Object.entries(edit);
  await client.patchReferral(referral, [{ op: "replace", path: `/details/${name}`, value }]);
}

/** The values that differ and that nobody is asked about. */
async function differences(crm: PlayedCrm, sync: CrmSync): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { dealValue, id, notes, referralId } of await crm.list(prefix)) {
    const { details } = await sync.client.getReferral(referralId ?? "");
    const shown = await sync.ask<{ questions: { field?: string }[] }>(`/api/deals/${id}`);
    const asked = new Set(shown.questions.map(({ field }) => field));
    const isEqual = {
      dealValue: dealValue === details?.dealValue,
      notes: (notes ?? "") === (details?.notes ?? ""),
    };
    for (const [name, same] of Object.entries(isEqual)) {
      if (!same && !asked.has(name)) found.push(`${id} ${name}`);
    }
  }
  return found;
}

/**
 * Shares deals, edits both sides at random, kills the engine each round and the CRM's server once,
 * and holds the end against the promise: both sides equal or asked about, nothing doubled. SEED=n
 * repeats it.
 */
export async function playWithCrm(crm: PlayedCrm, sync: CrmSync): Promise<void> {
  console.log(`${crm.name}: SEED=${seed}, ${kills} kills`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  for (let number = 1; number <= deals; number += 1) {
    const customer = `Played customer ${seed} ${number}`;
    const email = `p${seed}-${number}@played.example`;
    await crm.create({ number, name: prefix + number, customer, dealValue: 1000 * number, email });
  }
  await sync.start();
  const isLinked = (found: readonly PlayedDeal[]): boolean =>
    found.length === deals && found.every(({ referralId }) => referralId);
  const { answer: linked } = await eventually(() => crm.list(prefix), isLinked, settleMs);
  let edits = 0;
  const editSomething = async (): Promise<void> => {
    const deal = linked[below(deals)];
    if (!deal) throw new Error("no deal is linked");
    edits += 1;
    const value = 10_000 + edits * 10;
    const edit = below(2) === 0 ? { dealValue: value } : { notes: `called: ${value}` };
    if (below(2) === 0) await crm.edit(deal.id, edit);
    else await editPartnerCenter(sync, deal, edit);
  };
  for (let round = 0; round < kills; round += 1) {
    for (let turn = 0; turn < 4; turn += 1) await editSomething();
    await new Promise((wake) => setTimeout(wake, below(600)));
    await sync.kill();
    if (round === 1) await crm.restart?.();
    await editSomething();
    await sync.start();
  }
  await eventually(
    () => differences(crm, sync),
    (found) => found.length === 0,
    settleMs,
  );
  const after = await crm.list(prefix);
  expect(new Set(after.map(({ referralId }) => referralId)).size).toBe(deals);
  expect(after).toHaveLength(deals);
  let referrals = 0;
  for await (const { name } of sync.client.listReferrals()) {
    if (name?.startsWith(prefix)) referrals += 1;
  }
  expect(referrals).toBe(deals);
}
