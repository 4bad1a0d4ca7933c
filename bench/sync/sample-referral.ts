import type { Referral } from "../../src/contract/index.ts";

const member = (name: string) => ({
  firstName: name,
  lastName: "Sample",
  phoneNumber: "+49 30 1234567",
  email: `${name.toLowerCase()}@customer.example`,
});

/**
 * A co-sell referral with everything in it that usually is; no two of different number are alike.
 */
export function sampleReferral(number: number): Referral {
  const serial = String(number).padStart(12, "0");
  return {
    id: `6f0c1c52-0000-4000-8000-${serial}`,
    engagementId: `7a1d2e63-0000-4000-8000-${serial}`,
    organizationId: "org-0",
    organizationName: "Fabrikam Consulting",
    name: `Cloud migration ${number}`,
    externalReferenceId: `8b2e3f74-0000-4000-8000-${serial}`,
    createdDateTime: "2026-08-03T09:12:44.1234567Z",
    updatedDateTime: "2026-08-20T15:01:02.7654321Z",
    expirationDateTime: "2026-08-17T09:12:44.1234567Z",
    acceptedDateTime: "2026-08-04T10:00:00.0000000Z",
    status: "Active",
    substatus: "Accepted",
    type: "Shared",
    qualification: "SalesQualified",
    direction: "Outgoing",
    customerProfile: {
      name: `Adventure Works ${number}`,
      size: "251to1000employees",
      address: {
        addressLine1: "Unter den Linden 17",
        addressLine2: "3rd floor",
        city: "Berlin",
        state: "Berlin",
        postalCode: "10117",
        country: "DE",
      },
      team: [member("Kim"), member("Robin")],
      ids: [{ profileType: "Duns", id: "150483782" }],
    },
    consent: {
      consentToContact: true,
      consentToToShareInfoWithOthers: true,
      consentToShareReferralWithMicrosoftSellers: true,
    },
    details: {
      notes: "The customer moves its data centre in two steps; the first is due this year.",
      dealValue: 125_000 + number,
      currency: "EUR",
      closingDateTime: "2027-03-31T00:00:00Z",
      requirements: {
        solutions: [{ id: "SOL-12345-ABC", name: "Migration", type: "Name" }],
        additionalRequirements: {
          attributes: [{ type: "CustomerMarketplaceIntent", id: "HaveNotDecided" }],
        },
      },
    },
    team: [member("Alex")],
    target: [{ id: "SOL-12345-ABC", type: "SolutionProfile" }],
    inviteContext: {
      notes: "Please help with the architecture.",
      assistanceRequestCode: "CustomerTechnicalArchitecture",
    },
    trackingInfo: { microsoftMsxId: "7-ABCDEFGH1" },
    eTag: `"00006d10-0000-0000-0000-${serial}"`,
  };
}
