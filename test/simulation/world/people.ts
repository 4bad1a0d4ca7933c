import type { CrmFields } from "../../../src/crm/port.ts";
import { crmPartOf, dealEdit, referralEdit, stageOfState } from "../check/values.ts";
import type { Action, EditedField } from "../schedule/schedule.ts";
import type { Deal, Leg } from "./deal-book.ts";
import type { World } from "./world.ts";

/** The first values of a deal in the neutral spelling. */
export function firstValues(deal: number): Readonly<Record<EditedField, string>> {
  return {
    name: `Deal ${deal}`,
    dealValue: `${(deal + 1) * 1000}.00`,
    currency: "EUR",
    closingDate: `2027-01-${String((deal % 28) + 1).padStart(2, "0")}`,
    notes: `first note on deal ${deal}`,
    status: "Active/Accepted",
    country: "DE",
    contact: `first@deal-${deal}.example`,
  };
}

function newDeal(deal: number, action: Action & { kind: "create" }): CrmFields {
  const values = firstValues(deal);
  const fields: Record<string, CrmFields[string]> = {
    stage: stageOfState[values.status] ?? "",
    share: action.shared,
    consent: action.consent,
    "account.name": `Customer ${deal}`,
  };
  for (const field of [
    "name",
    "dealValue",
    "currency",
    "closingDate",
    "notes",
    "country",
    "contact",
  ] as const) {
    if (field === "country" && action.incomplete) continue;
    Object.assign(fields, dealEdit(field, values[field], false));
  }
  return fields;
}

/** A referral as Microsoft or the partner's own people make it in Partner Center. */
function newReferral(
  deal: number,
  status: string,
  reference: string | undefined,
  hasConsent: boolean,
): Record<string, unknown> {
  const values = firstValues(deal);
  const [state, substatus] = status.split("/");
  return {
    name: values.name,
    ...(reference === undefined ? {} : { externalReferenceId: reference }),
    status: state,
    substatus,
    type: "Shared",
    qualification: "SalesQualified",
    customerProfile: {
      name: `Customer ${deal}`,
      address: { country: values.country, city: "Sampletown" },
      team: [{ firstName: "Sam", lastName: "Sample", phoneNumber: "", email: values.contact }],
    },
    consent: {
      consentToContact: hasConsent,
      consentToToShareInfoWithOthers: hasConsent,
      consentToShareReferralWithMicrosoftSellers: true,
    },
    details: {
      notes: values.notes,
      dealValue: Number(values.dealValue),
      currency: values.currency,
      closingDateTime: `${values.closingDate}T00:00:00Z`,
    },
    target: [],
    inviteContext: { invitedBy: { organizationId: "msft", organizationName: "Microsoft" } },
  };
}

/** The CRM record of a deal that people work on: the newest that is there. */
export function crmRecordOf(world: World, deal: Deal): string | undefined {
  const { crm } = organisationOf(world, deal);
  return [...deal.crmRecords].findLast((id) => crm.find(id)?.isDeleted === false);
}

/** The referral of a deal that people work on: the partner's own side. */
export function referralOf(deal: Deal, side: Leg = "partner"): string | undefined {
  return [...deal.referrals].find(([, leg]) => leg === side)?.[0];
}

function organisationOf(world: World, deal: Deal): World["organisations"][number] {
  const found = world.organisations.find(({ name }) => name === deal.organisation);
  if (!found) throw new Error(`no organisation ${deal.organisation}`);
  return found;
}

/** How a deal that people made on both sides says that it is one. */
function named(
  { schedule }: World,
  action: Action & { kind: "create" },
): "by the referral" | "by the deal" | "by name" {
  const areNamesMatched = !schedule.settings.matchesNoNames;
  if (areNamesMatched && action.deal % 3 === 2 && action.at <= firstMatchMs) return "by name";
  return action.deal % 2 === 0 ? "by the referral" : "by the deal";
}

/** What has only its name in common can be matched while nothing was written yet, never later. */
const firstMatchMs = 15_000;

function create(world: World, action: Action & { kind: "create" }): void {
  const organisation = `org-${action.deal % world.organisations.length}`;
  const deal = world.book.open(action.deal, organisation, world.sinceStart());
  if (deal.crmRecords.size > 0 || deal.referrals.size > 0) return;
  deal.hasConsent = action.consent;
  const { crm } = organisationOf(world, deal);
  let reference = "";
  if (action.side !== "referrals") {
    // The record must be in the book before the witness hears of it.
    const fields = newDeal(action.deal, action);
    const id = crm.nextId();
    world.book.addCrmRecord(deal, id);
    crm.create("person", undefined, fields);
    reference = id;
  }
  if (action.side === "crm") return;
  const isTwin = action.side === "twin";
  deal.isTwin = isTwin;
  deal.isTwinByName = isTwin && named(world, action) === "by name";
  const state = isTwin ? "Active/Accepted" : "New/Pending";
  // Both are seen: no reference at all, and an empty one.
  const noReference = world.schedule.settings.showsDealId ? undefined : "";
  world.referrals.expect((document) => world.book.addReferral(deal, document));
  const outcome = world.referrals.create(
    organisation,
    isTwin ? "person" : "microsoft",
    newReferral(
      action.deal,
      state,
      isTwin && named(world, action) === "by the referral" ? reference : noReference,
      action.consent,
    ),
  );
  if (isTwin && named(world, action) === "by the deal" && outcome.ok) {
    crm.change(reference, "person", "deal", { pr_referralid: outcome.document.id });
  }
}

/** Whether somebody could edit the deal: it may not be there yet, be final, or be gone. */
function isEdited(world: World, action: Action & { kind: "edit" }, deal: Deal): boolean {
  if (deal.isTwinByName && action.field === "name") return false;
  const recordId = crmRecordOf(world, deal);
  const referralId = referralOf(deal);
  // Where a deal stands in one system only, people work on it there.
  if (referralId !== undefined && (action.side === "referrals" || recordId === undefined)) {
    const actor = action.at % 2 === 0 ? "microsoft" : "person";
    return world.referrals.touch(referralId, actor, referralEdit(action.field, action.value)).ok;
  }
  if (recordId === undefined) return false;
  const isSloppy = world.schedule.settings.normalises && action.at % 2 === 0;
  const fields = dealEdit(action.field, action.value, isSloppy);
  organisationOf(world, deal).crm.change(recordId, "person", crmPartOf(action.field), fields);
  return true;
}

/** Who finds that a deal can't be edited turns to the next one. */
function edit(world: World, action: Action & { kind: "edit" }): void {
  const deals = [...world.book.deals.values()].sort((left, right) => left.index - right.index);
  const first = deals.findIndex(({ index }) => index >= action.deal);
  const inTurn = first < 0 ? deals : [...deals.slice(first), ...deals.slice(0, first)];
  for (const deal of inTurn) if (isEdited(world, action, deal)) return;
}

/**
 * Lets people do what the schedule says. Operators' actions belong to whoever runs the process
 * under test.
 */
export function act(world: World, action: Action): void {
  if (action.kind === "create") {
    if (action.side === "twin") world.faults.without(() => create(world, action));
    else create(world, action);
    return;
  }
  if (action.kind === "edit") {
    edit(world, action);
    return;
  }
  const deal = world.book.deals.get(action.deal);
  if (!deal) return;
  const id = crmRecordOf(world, deal);
  if (id === undefined) return;
  const { crm } = organisationOf(world, deal);
  if (action.kind === "share") crm.change(id, "person", "deal", { share: true });
  if (action.kind === "delete") crm.remove(id, "person");
}
