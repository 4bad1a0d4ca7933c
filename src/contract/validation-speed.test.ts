import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { validatePatch } from "./patch.ts";
import { validateReferral } from "./validate.ts";

const person = {
  firstName: "Nadia",
  lastName: "Okafor",
  email: "nadia@tailspin.example",
  phoneNumber: "+49 40 5550123",
  contactPreference: { locale: "de-DE", disableNotifications: false },
};

const referral = {
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

/** Microseconds per call: the best of several rounds, since other work on the machine only adds. */
function microsecondsPerCall(call: () => { readonly ok: boolean }): number {
  const calls = 1000;
  const rounds = Array.from({ length: 8 }, () => {
    const start = performance.now();
    for (let index = 0; index < calls; index += 1) expectOk(call());
    return ((performance.now() - start) / calls) * 1000;
  });

  return Math.min(...rounds);
}

function expectOk({ ok }: { readonly ok: boolean }): void {
  if (!ok) throw new Error("the sample isn't valid");
}

test("a typical referral is checked in well under 100 µs", () => {
  expect(microsecondsPerCall(() => validateReferral(referral, "create"))).toBeLessThan(100);
  expect(microsecondsPerCall(() => validateReferral(referral, "read"))).toBeLessThan(100);
});

test("a typical patch is checked in well under 100 µs", () => {
  const patch = [
    { op: "replace", path: "/status", value: "Active" },
    { op: "replace", path: "/substatus", value: "Accepted" },
    { op: "add", path: "/team/-", value: person },
  ];
  expect(microsecondsPerCall(() => validatePatch(patch))).toBeLessThan(100);
});
