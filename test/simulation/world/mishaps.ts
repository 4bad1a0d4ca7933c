import { valuesOfDeal, valuesOfReferral } from "../check/values.ts";
import type { Fault } from "../schedule/schedule.ts";
import { crmRecordOf, referralOf } from "./people.ts";
import type { ReferralChange } from "./referrals-model.ts";
import { stream, type World } from "./world.ts";

/**
 * A webhook as it reaches us: a sign that something changed, on a referral, at the service's time.
 */
export interface Notice {
  readonly organisation: string;
  readonly referralId: string;
  readonly changedAt: string;
}

/** Faults that strike on their own, at their moment, rather than on a call. */
export function arrangeMishaps(world: World): void {
  for (const fault of world.schedule.faults) {
    const work = mishapOf(world, fault);
    if (!work) continue;
    if (fault.aim === undefined) world.scheduler.after(fault.at, () => work(fault.deal));
    else world.aims.wait(fault, work);
  }
}

function mishapOf(world: World, fault: Fault): ((deal: number) => void) | undefined {
  switch (fault.kind) {
    case "etag-churn":
      return (deal) => {
        const own = world.book.deals.get(deal);
        const id = own && referralOf(own);
        if (id === undefined) return;
        world.faults.hit(fault, deal);
        world.referrals.churn(id, fault.amount % 2 === 1);
      };
    case "tied-stamps":
      return () => {
        world.faults.hit(fault);
        // One bulk job of the service: every referral gets one stamp.
        for (const own of world.book.deals.values()) {
          const id = referralOf(own);
          if (id !== undefined) world.referrals.churn(id, true);
        }
      };
    case "token-expired":
      return () => {
        world.faults.hit(fault);
        for (const [name, serial] of world.tokens) world.tokens.set(name, serial + 1);
      };
    case "crm-version-churn":
      return (deal) => {
        const own = world.book.deals.get(deal);
        const id = own && crmRecordOf(world, own);
        if (own === undefined || id === undefined) return;
        world.faults.hit(fault, deal);
        world.organisations.find(({ name }) => name === own.organisation)?.crm.churn(id);
      };
    default:
      return undefined;
  }
}

/** Sends a webhook for each change of a referral, as well or as badly as the faults allow. */
export function createPostman(
  world: World,
  deliver: (notice: Notice) => void,
): (change: ReferralChange) => void {
  let held: Notice | undefined;
  const chance = stream(world.schedule.seed, 4);
  return (change) => {
    if (!world.schedule.settings.hasWebhooks) return;
    const notice: Notice = {
      organisation: change.organisation,
      referralId: change.after.id,
      changedAt: change.after.updatedDateTime,
    };
    const { faults, scheduler } = world;
    const about = world.book.ofReferral(change.after.id)?.index;
    if (faults.take("webhook-lost", about)) return;
    const late = faults.take("webhook-late", about);
    const delayMs = 100 + Math.floor(chance.fraction() * 600) + (late?.amount ?? 0);
    if (faults.take("webhook-doubled", about)) {
      scheduler.after(delayMs + 50, () => deliver(notice));
    }
    if (!held && faults.take("webhook-reordered", about)) {
      held = notice;
      return;
    }
    scheduler.after(delayMs, () => deliver(notice));
    if (held) {
      const old = held;
      held = undefined;
      scheduler.after(delayMs + 20, () => deliver(old));
    }
  };
}

/**
 * An automation of either side that rewrites what the engine has just written, with a value of its
 * own.
 */
export function createPeer(world: World): (deal: number, side: "referrals" | "crm") => void {
  let rewritten = 0;
  return (index, side) => {
    const deal = world.book.deals.get(index);
    if (!deal || !world.faults.during("peer-rewrites", index)) return;
    world.scheduler.after(400, () => {
      if (!world.faults.takeFor("peer-rewrites", index)) return;
      rewritten += 1;
      const value = `peer note ${rewritten}`;
      if (side === "referrals") {
        const id = referralOf(deal);
        const document = id === undefined ? undefined : world.referrals.find(id)?.document;
        if (id === undefined || !document || valuesOfReferral(document).notes === "") return;
        world.referrals.touch(id, "peer", { "/details/notes": value });
        return;
      }
      const id = crmRecordOf(world, deal);
      const crm = world.organisations.find(({ name }) => name === deal.organisation)?.crm;
      const row = id === undefined ? undefined : crm?.find(id);
      if (id === undefined || !row || valuesOfDeal(row.fields).notes === "") return;
      crm?.change(id, "peer", "deal", { description: value });
    });
  };
}
