import {
  checkMove,
  checkShareConsent,
  isFinal,
  type Problem,
  type Referral,
  ReferralsError,
  type State,
  type Verdict,
} from "../../contract/index.ts";
import { microsoftOrganization } from "./microsoft.ts";
import { reviewRegistrations } from "./registrations.ts";

/** On whose behalf a change is made. */
export type Side = "partner" | "microsoft";

/** What a change is stamped with. */
export interface ChangeStamp {
  /** Later than the stored updatedDateTime. */
  readonly moment: string;
  readonly eTag: string;
}

/** A refusal of the caller's values, each problem with its place. */
export function refuseInput(problems: readonly Problem[]): ReferralsError {
  const first = problems[0];
  return new ReferralsError("invalidRequest", {
    problems,
    ...(first ? { target: first.pointer, message: sentenceOf(first, problems.length) } : {}),
  });
}

function sentenceOf(first: Problem, count: number): string {
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return `${first.pointer || "The body"} ${first.reason}. ${first.remedy}${more}`;
}

function demand(verdict: Verdict, target: string): void {
  if (!verdict.ok) throw new ReferralsError(verdict.code, { message: verdict.sentence, target });
}

/** Status and substatus of a document. */
export const stateOf = (referral: Referral): State => ({
  status: referral.status ?? "None",
  substatus: referral.substatus ?? "None",
});

const isSameState = (left: State, right: State): boolean =>
  left.status === right.status && left.substatus === right.substatus;

/** True for the referral that stands for Microsoft in an engagement. */
export const isMicrosoftsSide = (referral: Referral): boolean =>
  referral.organizationId === microsoftOrganization.id;

function assertMayMove(before: Referral, from: State, to: State, side: Side): void {
  demand(checkMove(from, to), "/status");
  if (side === "partner" && isMicrosoftsSide(before)) {
    throw new ReferralsError("accessDenied", {
      message: "Only Microsoft answers and closes its side of an engagement.",
      target: "/status",
    });
  }
}

/** The moments that follow from a change of state. */
function momentsOf(before: Referral, to: State, moment: string): Referral {
  if (to.status === "Active") {
    return { acceptedDateTime: before.acceptedDateTime ?? moment, expirationDateTime: null };
  }
  return to.status === "Closed" ? { closedDateTime: moment } : {};
}

/**
 * Checks what a document would become against what it was, and stamps it.
 * Errors: illegalTransition, finalState, shareConsentIrreversible, accessDenied.
 */
export function settleChange(
  before: Referral,
  after: Referral,
  stamp: ChangeStamp,
  side: Side,
): Referral {
  const from = stateOf(before);
  const to = stateOf(after);
  const moves = !isSameState(from, to);
  if (moves) assertMayMove(before, from, to, side);
  const consentBefore = before.consent?.consentToShareReferralWithMicrosoftSellers;
  const consentAfter = after.consent?.consentToShareReferralWithMicrosoftSellers;
  demand(
    checkShareConsent(consentBefore, consentAfter),
    "/consent/consentToShareReferralWithMicrosoftSellers",
  );
  const settled: Referral = {
    ...after,
    ...(moves ? momentsOf(before, to, stamp.moment) : {}),
    updatedDateTime: stamp.moment,
    eTag: stamp.eTag,
  };
  return reviewRegistrations(settled, stamp.moment);
}

/**
 * Refuses any change of a closed referral; only the registration of a won deal may still be made
 * and corrected.
 */
export function assertOpen(before: Referral, onlyRegistrations: boolean): void {
  const state = stateOf(before);
  if (!isFinal(state) || (onlyRegistrations && state.substatus === "Won")) return;
  demand(checkMove(state, state), "/status");
}
