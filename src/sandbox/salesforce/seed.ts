import { type InventedDeal, inventDeal } from "../invented-deals.ts";
import { type Caller, callerOf, type Organisation } from "./organisation.ts";
import { createRow } from "./rows.ts";
import type { SalesforceObject } from "./schema.ts";

function add(caller: Caller, name: string, body: Readonly<Record<string, unknown>>): string {
  const object = caller.organisation.schema().object(name) as SalesforceObject;
  return createRow(caller, object, body);
}

function addDeal(caller: Caller, deal: InventedDeal): void {
  const { multiCurrency } = caller.organisation;
  const isPrepared = caller.grants.has("Opportunity.PR_ReferralId__c");
  const currency = multiCurrency ? { CurrencyIsoCode: deal.currency } : {};
  const AccountId = add(caller, "Account", {
    Name: deal.company,
    BillingStreet: deal.street,
    BillingCity: deal.city,
    BillingState: deal.state,
    BillingPostalCode: deal.postalCode,
    BillingCountry: deal.country,
    ...currency,
  });
  const ContactId = add(caller, "Contact", {
    AccountId,
    FirstName: deal.firstName,
    LastName: deal.lastName,
    Email: deal.email,
    Phone: deal.phone,
  });
  const help = { PR_MicrosoftHelp__c: "GeneralOrOther", PR_ShareWithMicrosoft__c: true };
  const own = {
    PR_SyncWithPartnerCenter__c: deal.isShared,
    PR_CustomerConsent__c: deal.isShared,
    ...(deal.wantsHelp ? help : {}),
  };
  const OpportunityId = add(caller, "Opportunity", {
    AccountId,
    Name: deal.title,
    Description: deal.notes,
    Amount: deal.amount,
    CloseDate: deal.closeDate,
    StageName: "Qualification",
    ...currency,
    ...(isPrepared ? own : {}),
  });
  add(caller, "OpportunityContactRole", { OpportunityId, ContactId, IsPrimary: true });
  if (!isPrepared || !deal.isShared) return;
  add(caller, "PR_Solution__c", {
    Name: deal.solution.name,
    PR_SolutionCode__c: deal.solution.code,
    PR_Type__c: "Name",
    PR_Opportunity__c: OpportunityId,
  });
}

/** Adds invented deals, each with an account and a contact; half are marked for Partner Center. */
export async function seedDeals(organisation: Organisation, count: number): Promise<void> {
  const { clock, random, store } = organisation;
  if (store.all("Opportunity").length > 0) return;
  const [user] = store.all("User");
  const caller = callerOf(organisation, String(user?.Name));
  store.change(() => {
    for (let place = 0; place < count; place += 1) {
      addDeal(caller, inventDeal(random, clock.now(), place));
    }
  });
  await store.saved();
}
