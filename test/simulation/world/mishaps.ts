import { valuesOfDeal, valuesOfReferral } from "../check/values.ts";
import type { Fault, Side } from "../schedule/schedule.ts";
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

/** What a fault does by itself to a deal; false where there is nothing that it could strike. */
type Mishap = (deal: number) => boolean;

function mishapOf(world: World, fault: Fault): Mishap | undefined {
  const { faults, referrals } = world;
  const hit = (deal?: number): true => {
    faults.hit(fault, deal);
    return true;
  };
  switch (fault.kind) {
    case "etag-churn":
      return (deal) => {
        const id = referralIdOf(world, deal);
        if (id === undefined) return false;
        hit(deal);
        referrals.churn(id, fault.amount % 2 === 1);
        return true;
      };
    case "tied-stamps":
      return () => {
        hit();
        // One bulk job of the service: every referral gets one stamp.
        for (const own of world.book.deals.keys()) {
          const id = referralIdOf(world, own);
          if (id !== undefined) referrals.churn(id, true);
        }
        return true;
      };
    case "token-expired":
      return () => {
        for (const [name, serial] of world.tokens) world.tokens.set(name, serial + 1);
        return hit();
      };
    case "crm-version-churn":
      return (deal) => {
        const found = crmRowOf(world, deal);
        if (!found) return false;
        hit(deal);
        found.crm.churn(found.id);
        return true;
      };
    default:
      return fault.aim === undefined ? undefined : changeFor(world, fault);
  }
}

/** A fault that is about changes brings one along where it is aimed at a moment. */
function changeFor(world: World, fault: Fault): Mishap | undefined {
  const notes = `note at ${fault.at}`;
  const edit = (deal: number): boolean => {
    const id = referralIdOf(world, deal);
    return (
      id !== undefined && world.referrals.touch(id, "microsoft", { "/details/notes": notes }).ok
    );
  };
  switch (fault.kind) {
    case "webhook-lost":
    case "webhook-doubled":
    case "webhook-late":
    case "webhook-reordered":
    case "list-lag":
      return edit;
    case "crm-list-lag":
      return (deal) => {
        const found = crmRowOf(world, deal);
        found?.crm.change(found.id, "person", "deal", { description: notes });
        return found !== undefined;
      };
    case "peer-rewrites":
      return (deal) => {
        if (
          !isRewritten(world, deal, "referrals", notes) &&
          !isRewritten(world, deal, "crm", notes)
        )
          return false;
        world.faults.hit(fault, deal);
        return true;
      };
    default:
      return undefined;
  }
}

function referralIdOf({ book }: World, deal: number): string | undefined {
  const own = book.deals.get(deal);
  return own && referralOf(own);
}

function crmRowOf(world: World, deal: number) {
  const own = world.book.deals.get(deal);
  const id = own && crmRecordOf(world, own);
  const crm = world.organisations.find(({ name }) => name === own?.organisation)?.crm;
  return id === undefined || !crm ? undefined : { id, crm };
}

/** An automation of one side puts its own text in the place of a deal's notes, if there are any. */
function isRewritten(world: World, deal: number, side: Side, value: string): boolean {
  if (side === "referrals") {
    const id = referralIdOf(world, deal);
    const document = id === undefined ? undefined : world.referrals.find(id)?.document;
    if (id === undefined || !document || valuesOfReferral(document).notes === "") return false;
    return world.referrals.touch(id, "peer", { "/details/notes": value }).ok;
  }
  const found = crmRowOf(world, deal);
  const row = found?.crm.find(found.id);
  if (!found || !row || valuesOfDeal(row.fields).notes === "") return false;
  found.crm.change(found.id, "peer", "deal", { description: value });
  return true;
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
export function createPeer(world: World): (deal: number, side: Side) => void {
  let rewritten = 0;
  return (deal, side) => {
    if (!world.faults.during("peer-rewrites", deal)) return;
    world.scheduler.after(400, () => {
      if (!world.faults.takeFor("peer-rewrites", deal)) return;
      rewritten += 1;
      isRewritten(world, deal, side, `peer note ${rewritten}`);
    });
  };
}
