import type { Referral } from "../../contract/index.ts";
import { targetsOf } from "../core/rules.ts";
import type { EngineContext } from "../engine-context.ts";
import type { Pair } from "../pair/pair.ts";

/** How a referral to Microsoft is addressed. */
export const microsoftTarget = { type: "BusinessProfileLocation", id: "msft" } as const;

const microsoft = targetsOf({ target: [microsoftTarget] })[0] ?? "";

/** Whether a referral is Microsoft's own side of an engagement. */
export function isMicrosoftLeg(referral: Referral): boolean {
  if (referral.organizationId?.toLowerCase() === microsoftTarget.id) return true;
  return targetsOf(referral).includes(microsoft);
}

/**
 * Whether Microsoft's side of a referral's engagement may be created: a shared co-sell deal with
 * the customer's consent.
 */
export function canInviteMicrosoft(referral: Referral): boolean {
  const isShared = referral.consent?.consentToShareReferralWithMicrosoftSellers === true;
  return referral.type === "Shared" && isShared && !isMicrosoftLeg(referral);
}

/** The other referrals of a pair's engagement. */
export async function siblingsOf(context: EngineContext, pair: Pair): Promise<readonly Pair[]> {
  if (!pair.engagementId) return [];
  const all = await context.ledger.pairsOfEngagement(pair.engagementId);
  return all.filter(({ id }) => id !== pair.id);
}

/**
 * The opportunity's id in Microsoft's CRM: as the referral itself says, or Microsoft's side of the
 * engagement.
 */
export async function microsoftMsxIdOf(
  context: EngineContext,
  pair: Pair,
): Promise<string | undefined> {
  const own = pair.referral?.document?.trackingInfo?.microsoftMsxId;
  if (own) return own;
  if (context.crm.capabilities.stateFields?.microsoftCrmId === undefined) return undefined;
  for (const sibling of await siblingsOf(context, pair)) {
    const id = sibling.referral?.document?.trackingInfo?.microsoftMsxId;
    if (id) return id;
  }
  return undefined;
}
