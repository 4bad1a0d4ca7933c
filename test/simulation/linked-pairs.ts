import type { InboxItem } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import { editedFields, valuesOfDeal, valuesOfReferral } from "./check/values.ts";
import type { Witness } from "./check/witness.ts";
import type { LedgerMirror } from "./ledger-mirror.ts";
import type { EditedField } from "./schedule/schedule.ts";
import type { World } from "./world/world.ts";

/**
 * What the engine holds for one deal is one, and says the same on both sides, field by field, or
 * the pair itself says why not: another pair's question is no excuse.
 */
export function checkLinkedPairs(world: World, mirror: LedgerMirror, witness: Witness): void {
  for (const pair of mirror.pairs.values()) {
    const { referral, crm, role } = pair;
    if (role !== "deal" || !referral || !crm) continue;
    const report = (what: string): void =>
      witness.report("converges or an inbox item is open", `pair ${pair.id}: ${what}`);
    const [one, other] = [world.book.ofReferral(referral.id), world.book.ofCrmRecord(crm.id)];
    if (one !== other) report(`links deal ${one?.index} with deal ${other?.index}`);
    const stored = world.referrals.find(referral.id);
    const row = world.organisations
      .find(({ name }) => name === one?.organisation)
      ?.crm.find(crm.id);
    if (!stored || !row || row.isDeleted || isLeftAlone(mirror, pair)) continue;
    const shown = stored.document.externalReferenceId;
    if (world.schedule.settings.showsDealId && shown !== crm.id && !isTold(mirror, pair, "dealId"))
      report(`the referral shows the deal id ${shown}, not ${crm.id}`);
    const [left, right] = [valuesOfReferral(stored.document), valuesOfDeal(row.fields)];
    for (const field of editedFields) {
      if (left[field] === right[field] || isTold(mirror, pair, field)) continue;
      report(`${field} is ${left[field]} in the referral and ${right[field]} in the CRM`);
    }
  }
}

const isOpen = ({ resolvedAt }: InboxItem): boolean => resolvedAt === undefined;

/** The pair as a whole waits for somebody. */
function isLeftAlone({ inbox }: LedgerMirror, pair: Pair): boolean {
  const { problem, paused, ended, isHeld, asks } = pair;
  if (paused || ended !== undefined || isHeld) return true;
  if (problem !== undefined && problem.retryAt === undefined) return true;
  const item = asks === undefined ? undefined : inbox.get(asks);
  return item !== undefined && isOpen(item);
}

/** The field is asked about, was refused, or rests because a person wants it so. */
function isTold({ inbox }: LedgerMirror, pair: Pair, field: EditedField | "dealId"): boolean {
  if (pair.refusals.some((refusal) => refusal.field === field)) return true;
  const park = pair.parked[field];
  if (!park) return false;
  if (park.reason === "undo" || park.reason === "operator") return true;
  const item = inbox.get(`${park.reason}:${pair.id}:${field}`);
  return item !== undefined && isOpen(item);
}
