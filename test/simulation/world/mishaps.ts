import { valuesOfDeal, valuesOfReferral } from "../check/values.ts";
import type { Fault, Side } from "../schedule/schedule.ts";
import type { Mishap } from "./aims.ts";
import type { CrmModel } from "./crm-model.ts";
import type { Leg } from "./deal-book.ts";
import { crmRecordOf, referralOf } from "./people.ts";
import type { ReferralChange } from "./referrals-model.ts";
import { stream } from "./stream.ts";
import type { World } from "./world.ts";

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
    const mishap = mishapOf(world, fault);
    if (!mishap) continue;
    if (fault.aim === undefined) world.scheduler.after(fault.at, () => mishap.strike(fault.deal));
    else world.aims.wait(fault, mishap);
  }
}

function mishapOf(world: World, fault: Fault): Mishap | undefined {
  const { faults, referrals } = world;
  const everything = (work: () => void): Mishap => ({
    strike: () => {
      faults.hit(fault);
      work();
      return true;
    },
  });
  switch (fault.kind) {
    case "etag-churn":
      return onReferral(world, fault, (id) => {
        faults.hit(fault, id);
        referrals.churn(id, fault.amount % 2 === 1);
        return true;
      });
    case "tied-stamps":
      // One bulk job of the service: every referral gets one stamp.
      return everything(() => {
        for (const own of world.book.deals.keys()) {
          const id = referralIdOf(world, own);
          if (id !== undefined) referrals.churn(id, true);
        }
      });
    case "token-expired":
      return everything(() => {
        for (const [name, serial] of world.tokens) world.tokens.set(name, serial + 1);
      });
    case "crm-version-churn":
      return onRecord(world, (id, crm) => {
        faults.hit(fault, id);
        crm.churn(id);
        return true;
      });
    default:
      return fault.aim === undefined ? undefined : changeFor(world, fault);
  }
}

/** A fault that is about changes brings one along where it is aimed at a moment. */
function changeFor(world: World, fault: Fault): Mishap | undefined {
  const notes = `note at ${fault.at}`;
  switch (fault.kind) {
    case "webhook-lost":
    case "webhook-doubled":
    case "webhook-late":
    case "webhook-reordered":
    case "list-lag":
      return onReferral(
        world,
        fault,
        (id) => world.referrals.touch(id, "microsoft", { "/details/notes": notes }).ok,
      );
    case "crm-list-lag":
      return onRecord(world, (id, crm) => {
        crm.change(id, "person", "deal", { description: notes });
        return true;
      });
    case "peer-rewrites": {
      const sideOf = (deal: number): Side =>
        referralIdOf(world, deal) === undefined ? "crm" : "referrals";
      return {
        recordOf: (deal) => recordOf(world, deal, sideOf(deal)),
        strike: (deal) => {
          const record = recordOf(world, deal, sideOf(deal));
          if (!isRewritten(world, deal, sideOf(deal), notes)) return false;
          world.faults.hit(fault, record);
          return true;
        },
      };
    }
    default:
      return undefined;
  }
}

/** A mishap of a deal's referral, where it has one: of Microsoft's, where that is aimed at. */
function onReferral(world: World, { aim }: Fault, strike: (id: string) => boolean): Mishap {
  const leg = aim === "sibling" ? "microsoft" : "partner";
  const idOf = (deal: number): string | undefined => referralIdOf(world, deal, leg);
  return {
    recordOf: idOf,
    strike: (deal) => {
      const id = idOf(deal);
      return id !== undefined && strike(id);
    },
  };
}

/** A mishap of a deal's CRM record, where it has one. */
function onRecord(world: World, strike: (id: string, crm: CrmModel) => boolean): Mishap {
  return {
    recordOf: (deal) => crmRowOf(world, deal)?.id,
    strike: (deal) => {
      const found = crmRowOf(world, deal);
      return found !== undefined && strike(found.id, found.crm);
    },
  };
}

function recordOf(world: World, deal: number, side: Side): string | undefined {
  return side === "crm" ? crmRowOf(world, deal)?.id : referralIdOf(world, deal);
}

function referralIdOf({ book }: World, deal: number, leg: Leg = "partner"): string | undefined {
  const own = book.deals.get(deal);
  return own && referralOf(own, leg);
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
    const about = change.after.id;
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
    const record = recordOf(world, deal, side);
    if (record === undefined || !world.faults.during("peer-rewrites", deal, record)) return;
    world.scheduler.after(400, () => {
      if (!world.faults.takeFor("peer-rewrites", deal, record)) return;
      rewritten += 1;
      isRewritten(world, deal, side, `peer note ${rewritten}`);
    });
  };
}
