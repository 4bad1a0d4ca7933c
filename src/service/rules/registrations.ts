import { type Referral, registrationRisk } from "../../contract/index.ts";

/** The states of a deal registration that this service sets. */
const reviewPending = "ReviewPending";
const failed = "Failed";
const tooSoon =
  "The deal was marked as won less than 72 hours after it was created, so it can't be registered.";

/** A deal registration. */
export type Registration = NonNullable<NonNullable<Referral["registrations"]>[number]>;

/** What the service adds to a registration that a partner appended. */
export function receivedRegistration(
  given: Registration,
  id: string,
  moment: string,
): Registration {
  return {
    ...given,
    id,
    type: given.type ?? "AzureIPCoSell",
    registrationDateTime: moment,
    status: reviewPending,
    statusReason: null,
    statusHistory: { reviewPendingDateTime: moment },
  };
}

/** Applies the 72-hour rule: a deal that was won too soon after its creation fails its review. */
export function reviewRegistrations(referral: Referral, moment: string): Referral {
  const { registrations } = referral;
  if (!registrations?.length) return referral;
  const wonAt = referral.substatus === "Won" ? Date.parse(referral.closedDateTime ?? "") : NaN;
  const isTooSoon = !Number.isNaN(wonAt) && registrationRisk(referral, wonAt) !== undefined;
  const reviewed = registrations.map((registration) =>
    isTooSoon && registration.status === reviewPending
      ? {
          ...registration,
          status: failed,
          statusReason: tooSoon,
          statusHistory: { ...registration.statusHistory, failedDateTime: moment },
        }
      : registration,
  );
  return {
    ...referral,
    registrations: reviewed,
    registrationStatus: reviewed.at(-1)?.status ?? null,
  };
}
