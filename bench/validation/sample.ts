const person = {
  firstName: "Nadia",
  lastName: "Okafor",
  email: "nadia@tailspin.example",
  phoneNumber: "+49 40 5550123",
  contactPreference: { locale: "de-DE", disableNotifications: false },
};

/** A typical new referral: two people on either side, one solution, some notes. */
export const sampleReferral = {
  type: "Shared",
  name: "Warehouse robots for Tailspin",
  externalReferenceId: "OPP-4711",
  qualification: "SalesQualified",
  status: "New",
  substatus: "Pending",
  customerProfile: {
    name: "Tailspin Toys",
    size: "51to250employees",
    address: { addressLine1: "Am Kai 7", city: "Hamburg", postalCode: "20457", country: "DE" },
    team: [person, person],
    ids: [{ profileType: "Duns", id: "150483782" }],
  },
  consent: { consentToContact: true, consentToShareReferralWithMicrosoftSellers: true },
  details: {
    notes: "Wants a pilot in the second quarter. ".repeat(5),
    dealValue: 125000.5,
    currency: "EUR",
    closingDateTime: "2031-03-31T00:00:00Z",
    requirements: {
      industries: [{ id: "Manufacturing" }],
      solutions: [{ id: "SOL-12345-ABC", type: "Name", quantity: 3 }],
    },
  },
  inviteContext: { assistanceRequestCode: "ProofOfConceptOrDemo", notes: "Joint demo" },
  team: [person, person],
  target: [{ type: "SolutionProfile", id: "SOL-12345-ABC" }],
};

/** A typical patch. */
export const samplePatch = [
  { op: "replace", path: "/status", value: "Active" },
  { op: "replace", path: "/substatus", value: "Accepted" },
  { op: "add", path: "/team/-", value: person },
];
