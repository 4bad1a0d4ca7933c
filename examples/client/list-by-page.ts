import { client } from "./connect.ts";

// The token of the last page that was dealt with; keep it, and another run goes on from there.
let continuationToken: string | undefined;

const pages = client
  .listReferrals({ orderby: "createdDateTime", count: true })
  .byPage({ maxPageSize: 2, ...(continuationToken === undefined ? {} : { continuationToken }) });

for await (const page of pages) {
  const total = page.count === undefined ? "" : ` of ${page.count}`;
  console.log(`${page.referrals.length}${total}`);
  continuationToken = page.continuationToken;
}
