import { type InventedDeal, inventDeal } from "../invented-deals.ts";
import { link } from "./associations.ts";
import { createObject } from "./objects.ts";
import { definitionsOf, objectsOf, type Portal } from "./portal.ts";

const userId = "100";

function addDeal(portal: Portal, deal: InventedDeal, isPrepared: boolean): void {
  const company = createObject(portal, "companies", userId, {
    name: deal.company,
    address: deal.street,
    city: deal.city,
    state: deal.state,
    zip: deal.postalCode,
    country: deal.country,
  });
  const contact = createObject(portal, "contacts", userId, {
    email: deal.email,
    firstname: deal.firstName,
    lastname: deal.lastName,
    phone: deal.phone,
  });
  const own = {
    pr_sync_with_partner_center: String(deal.isShared),
    pr_customer_consent: String(deal.isShared),
    ...(deal.isShared
      ? { pr_solutions: `${deal.solution.code} | ${deal.solution.name} | Name` }
      : {}),
    ...(deal.wantsHelp
      ? { pr_microsoft_help: "GeneralOrOther", pr_share_with_microsoft: "true" }
      : {}),
  };
  const created = createObject(portal, "deals", userId, {
    dealname: deal.title,
    description: deal.notes,
    amount: String(deal.amount),
    closedate: `${deal.closeDate}T00:00:00Z`,
    deal_currency_code: deal.currency,
    dealstage: "qualifiedtobuy",
    ...(isPrepared ? own : {}),
  });
  link(portal, "deals", created.id, "companies", company.id);
  link(portal, "deals", created.id, "contacts", contact.id);
  link(portal, "contacts", contact.id, "companies", company.id);
}

/** Adds invented deals, each with a company and a contact; half are marked for Partner Center. */
export async function seedDeals(portal: Portal, count: number): Promise<void> {
  const { clock, random, store } = portal;
  if (objectsOf(portal, "deals").length > 0) return;
  const isPrepared = definitionsOf(portal, "deals").some(({ name }) => name === "pr_referral_id");
  store.change(() => {
    for (let place = 0; place < count; place += 1) {
      addDeal(portal, inventDeal(random, clock.now(), place), isPrepared);
    }
  });
  await store.saved();
}
