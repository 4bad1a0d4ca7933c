import type { Referral } from "../../contract/index.ts";

/** The organisation that plays the other side. */
export const microsoftOrganization = { id: "msft", name: "Microsoft" } as const;

/**
 * True where a new referral is addressed to Microsoft, which makes it Microsoft's side of its
 * engagement.
 */
export function isForMicrosoft(referral: Referral): boolean {
  return (referral.target ?? []).some(
    (target) =>
      target.type === "BusinessProfileLocation" &&
      target.id?.toLowerCase() === microsoftOrganization.id,
  );
}

/**
 * The business location that a referral is addressed to; Microsoft's own is none of the partner's.
 */
export function locationOf(referral: Referral): string | null {
  const target = (referral.target ?? []).find(
    ({ type, id }) =>
      type === "BusinessProfileLocation" &&
      typeof id === "string" &&
      id.toLowerCase() !== microsoftOrganization.id,
  );
  return target?.id ?? null;
}
