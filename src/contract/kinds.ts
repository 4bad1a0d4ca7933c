import type { Referral } from "./referral.ts";

/** How Partner Center names the kinds of referral. */
export type Category = "marketplace-lead" | "qualified-lead" | "co-sell-opportunity";

/** How far a partner involves Microsoft in a deal. */
export type DealType = "private" | "partner-led" | "co-sell";

/** The id that stands for Microsoft where an organization is named. */
export const microsoftOrganizationId = "msft";

/** The target of a co-sell engagement's second referral: Microsoft's side. */
export const microsoftTarget = {
  type: "BusinessProfileLocation",
  id: microsoftOrganizationId,
} as const;

const isMicrosoft = (id: string | null | undefined): boolean =>
  id?.toLowerCase() === microsoftOrganizationId;

/** True for the referral of a co-sell engagement that is Microsoft's side. */
export const isForMicrosoft = (referral: Pick<Referral, "target">): boolean =>
  referral.target?.some(({ type, id }) => type === microsoftTarget.type && isMicrosoft(id)) ??
  false;

/** The category of a referral; undefined where its values belong to none. */
export function categoryOf(
  referral: Pick<Referral, "type" | "qualification" | "inviteContext">,
): Category | undefined {
  const qualification = referral.qualification ?? "None";
  const inviter = referral.inviteContext?.invitedBy?.organizationId || undefined;
  const isIndependent = referral.type === "Independent";
  if (inviter !== undefined && !isMicrosoft(inviter)) {
    const isCoSell = qualification === "SalesQualified" || qualification === "None";
    return isCoSell ? "co-sell-opportunity" : undefined;
  }
  if (isIndependent && qualification === "Direct") return "marketplace-lead";
  const isQualified = qualification === "SalesQualified" || qualification === "MarketingQualified";
  return isIndependent && isQualified && inviter ? "qualified-lead" : undefined;
}

/** The type of a deal; undefined where its values contradict each other. */
export function dealTypeOf(
  referral: Pick<Referral, "type" | "consent" | "inviteContext">,
): DealType | undefined {
  const isShared = referral.consent?.consentToShareReferralWithMicrosoftSellers === true;
  const help = referral.inviteContext?.assistanceRequestCode || "Unknown";
  if (help !== "Unknown") return referral.type === "Shared" && isShared ? "co-sell" : undefined;
  if (isShared) return "partner-led";
  return referral.type === "Independent" ? "private" : undefined;
}
