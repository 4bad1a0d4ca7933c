import { ReferralsError } from "../../src/client/index.ts";
import { client } from "./connect.ts";

try {
  const referral = await client.createReferral({
    name: "Woodgrove: move the archive",
    externalReferenceId: "crm-opportunity-42",
    type: "Independent",
    qualification: "SalesQualified",
    customerProfile: {
      name: "Woodgrove",
      address: { country: "DE", city: "Jena", postalCode: "07743" },
      team: [{ firstName: "Robin", lastName: "Vale", email: "robin@woodgrove.example" }],
    },
    consent: { consentToContact: true, consentToToShareInfoWithOthers: true },
    details: { dealValue: 48_000, currency: "EUR", notes: "Eleven years of scans." },
  });
  // The service may have answered at once: use what it stored, not what was sent.
  console.log(`${referral.name} is ${referral.status}/${referral.substatus}`);
} catch (error) {
  if (!(error instanceof ReferralsError)) throw error;
  if (error.code === "outcomeUnknown") {
    // It may exist by now. Look for crm-opportunity-42 before creating it again.
  }
  console.error(`${error.code}: ${error.message} ${error.remedy} (request ${error.requestId})`);
  for (const { pointer, reason, remedy } of error.problems ?? []) {
    console.error(`  ${pointer} ${reason}. ${remedy}`);
  }
  process.exitCode = 1;
}
