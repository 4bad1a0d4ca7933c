import type { EditedField, Side } from "../schedule/schedule.ts";
import type { Subject } from "../subject.ts";
import type { Deal } from "../world/deal-book.ts";
import { act, crmRecordOf, referralOf } from "../world/people.ts";
import { isClosed } from "../world/referral-document.ts";
import type { World } from "../world/world.ts";
import type { Witness } from "./witness.ts";

/** One field that a rehearsal says would be written. */
export interface PlannedField {
  readonly deal: number;
  readonly side: Side;
  readonly field: EditedField;
}

const longestRehearsalMs = 60_000;

/** Deals that nothing stands in the way of. */
function openDeals(world: World, subject: Subject): readonly Deal[] {
  return [...world.book.deals.values()].filter((deal) => {
    const referralId = referralOf(deal);
    const stored = referralId === undefined ? undefined : world.referrals.find(referralId);
    const isLinked = stored !== undefined && crmRecordOf(world, deal) !== undefined;
    return isLinked && !isClosed(stored.document) && subject.excuseFor(deal, "notes") === undefined;
  });
}

/**
 * Lets people edit, asks for a rehearsal, and compares it with what the run then writes. Where the
 * run was faster than the
 * rehearsal, there is nothing to compare.
 */
export async function checkRehearsal(
  world: World,
  witness: Witness,
  subject: Subject,
  rehearse: () => Promise<readonly PlannedField[]>,
): Promise<void> {
  const { scheduler, schedule } = world;
  const deals = openDeals(world, subject);
  for (const { index } of deals) {
    // A webhook would set the run off at once.
    const side = !schedule.settings.hasWebhooks && index % 2 === 0 ? "referrals" : "crm";
    const value = `rehearsed note on deal ${index}`;
    act(world, { at: 0, deal: index, kind: "edit", side, field: "notes", value });
  }
  const before = witness.lineage.written.length;
  let planned: readonly PlannedField[] | undefined;
  rehearse().then(
    (fields) => {
      planned = fields;
    },
    () => {},
  );
  const limit = scheduler.now() + longestRehearsalMs;
  while (!planned && scheduler.now() < limit) await scheduler.runUntil(scheduler.now() + 20);
  if (!planned || witness.lineage.written.length > before) return;
  await scheduler.runUntil(scheduler.now() + 2 * schedule.settings.pollReferralsMs);
  const named = ({ deal, side, field }: PlannedField): string =>
    `${field} of deal ${deal} in ${side}`;
  const expected = new Set(planned.map(named));
  const written = new Set(witness.lineage.written.slice(before).map(named));
  const missing = [...expected].filter((name) => !written.has(name));
  const surplus = [...written].filter((name) => !expected.has(name));
  if (missing.length + surplus.length === 0) return;
  witness.report(
    "dry run equals run",
    `planned and not written: ${missing.join(", ") || "none"}; written and not planned: ${surplus.join(", ") || "none"}`,
  );
}
