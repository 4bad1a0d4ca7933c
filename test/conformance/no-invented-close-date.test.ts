// Salesforce takes no deal without a close date: what the adapter sets must never travel on.
import { afterAll, beforeAll, expect, test } from "vitest";
import { crmFieldsOf } from "../../src/crm/index.ts";
import {
  openSalesforceWorld,
  type SalesforceWorld,
} from "../../src/crm/salesforce/conformance-world-suite.ts";
import { readySalesforceMapping } from "../../src/crm/salesforce/index.ts";
import { type SmallWorld, smallWorld } from "../../src/sync/small-world-suite.ts";

const mapping = readySalesforceMapping();
let salesforce: SalesforceWorld;
let world: SmallWorld;
beforeAll(async () => {
  salesforce = await openSalesforceWorld();
  const { stateFields } = mapping;
  const fields = crmFieldsOf(mapping);
  const crm = salesforce.adapterWith({ fields, ...(stateFields ? { stateFields } : {}) });
  world = await smallWorld({}, { crm, mapping });
});
afterAll(() => salesforce.close());

/** Time enough for Salesforce to show everything, and for what waits for that. */
async function sync(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    salesforce.advance(60_000);
    await world.clock.advance(60_000);
    await world.sync();
  }
}

const referral = () => world.referrals.stored.get("r1");

test("a close date that nobody named stays in the CRM until a seller names one", async () => {
  world.referrals.add({
    name: "Lead without a date",
    status: "New",
    substatus: "Pending",
    customerProfile: {
      name: "Fabrikam",
      address: { country: "DE", city: "Ulm", postalCode: "89073", addressLine1: "Am Tor 1" },
    },
    details: { dealValue: 10, currency: "EUR" },
  });
  await sync();
  const soql = "SELECT Id,CloseDate FROM Opportunity WHERE PR_ReferralId__c = 'r1'";
  const [deal] = await salesforce.kit.query(soql);
  expect(deal?.CloseDate).toMatch(/^\d{4}-\d\d-\d\d$/);
  await salesforce.editAsPerson(deal.Id, { StageName: "Qualification", Amount: 20 });
  await sync();
  expect(referral()).toMatchObject({ status: "Active", details: { dealValue: 20 } });
  expect(referral()?.details?.closingDateTime).toBeUndefined();
  await world.restart();
  await sync();
  expect(referral()?.details?.closingDateTime).toBeUndefined();
  await salesforce.editAsPerson(deal.Id, { CloseDate: "2031-05-04" });
  await sync();
  expect(referral()?.details?.closingDateTime).toContain("2031-05-0");
  expect((await world.onlyPair()).state).toBe("in-step");
});
