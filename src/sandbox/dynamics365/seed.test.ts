import { expect, test } from "vitest";
import { startSandbox } from "./sandbox-test-kit.ts";

test("a seed is invented, whole, the same for the same chance, and added only once", async () => {
  const [one, other] = [await startSandbox(), await startSandbox()];
  const shown = async (kit: typeof one) => {
    await kit.sandbox.seed(120);
    await kit.sandbox.seed(5);
    const { body } = await kit.call(
      "GET",
      "opportunities?$select=name,estimatedvalue,estimatedclosedate,pr_syncwithpartnercenter" +
        "&$expand=customerid_account($select=name,address1_country)," +
        "parentcontactid($select=emailaddress1),transactioncurrencyid($select=isocurrencycode)",
    );
    return body.value as readonly {
      readonly name: string;
      readonly estimatedvalue: number;
      readonly pr_syncwithpartnercenter: boolean;
      readonly customerid_account: { readonly name: string };
      readonly parentcontactid: { readonly emailaddress1: string };
    }[];
  };
  const deals = await shown(one);
  expect(deals).toHaveLength(120);
  for (const deal of deals) {
    expect(deal.name).toContain(deal.customerid_account.name);
    expect(deal.parentcontactid.emailaddress1).toMatch(/\.example$/);
    expect(deal.estimatedvalue).toBeGreaterThan(0);
  }
  expect(deals.filter((deal) => deal.pr_syncwithpartnercenter)).toHaveLength(60);
  expect(await shown(other)).toEqual(deals);
  await one.close();
  await other.close();
});

test("an environment without the connector's columns is seeded too", async () => {
  const bare = await startSandbox({ prepared: false });
  await bare.sandbox.seed(2);
  expect((await bare.call("GET", "opportunities/$count")).body).toBe("2");
  await bare.close();
});
