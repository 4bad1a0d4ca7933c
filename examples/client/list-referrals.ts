import { filter } from "../../src/client/index.ts";
import { client } from "./connect.ts";

const city = process.argv[2] ?? "Jena";
const since = new Date(Date.now() - 30 * 24 * 60 * 60 * 1000);

// Every value is escaped: a city named "L'Aquila" stays a city.
const open = client.listReferrals({
  filter: filter`status in ${["New", "Active"]} and customerProfile/address/city eq ${city}
    and updatedDateTime ge ${since}`,
  orderby: "createdDateTime",
});

for await (const referral of open) {
  const { dealValue, currency } = referral.details ?? {};
  console.log(`${referral.name} · ${dealValue} ${currency}`);
}
