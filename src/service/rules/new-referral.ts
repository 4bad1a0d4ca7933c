import {
  answerWithinMs,
  isStatePair,
  type Referral,
  ReferralsError,
  type State,
} from "../../contract/index.ts";
import { millisecondsOf, stampOf } from "../stamps.ts";
import { microsoftOrganization } from "./microsoft.ts";
import { type ChangeStamp, type Side, stateOf } from "./referral-change.ts";
import { callersPart } from "./server-fields.ts";

/** An organisation as referrals name it. */
export interface Organization {
  readonly id: string;
  readonly name: string;
}

/** What the service decides about a new referral. */
export interface NewReferralFacts {
  readonly id: string;
  readonly engagementId: string;
  /** Whose record it is: the partner's, or Microsoft's side of an engagement. */
  readonly owner: Organization;
  /** Who brings it in. */
  readonly inviter: Organization;
  readonly side: Side;
  readonly stamp: ChangeStamp;
  /** True: what a partner sends as New/Pending is accepted at once, as the original does. */
  readonly acceptsAtOnce: boolean;
}

const pending: State = { status: "New", substatus: "Pending" };
const accepted: State = { status: "Active", substatus: "Accepted" };

function requestedState(input: Referral): State {
  const given = stateOf(input);
  if (given.status === "None") return pending;
  if (given.substatus === "None" && given.status === "New") return pending;
  if (given.substatus === "None" && given.status === "Active") return accepted;
  return given;
}

function firstState(input: Referral, facts: NewReferralFacts): State {
  const wanted = requestedState(input);
  if (!isStatePair(wanted) || wanted.status === "Closed") {
    const state = `${wanted.status}/${wanted.substatus}`;
    throw new ReferralsError("illegalTransition", {
      message: `A new referral can't be ${state}; it begins as New/Pending.`,
      target: "/status",
    });
  }
  const isForOthers = facts.side === "microsoft" || facts.owner.id === microsoftOrganization.id;
  if (isForOthers) return wanted.status === "New" ? wanted : pending;
  return wanted.status === "New" && facts.acceptsAtOnce ? accepted : wanted;
}

/**
 * The document of a new referral: the caller's values and the service's own. Errors:
 * illegalTransition.
 */
export function newReferral(input: Referral, facts: NewReferralFacts): Referral {
  const { moment, eTag } = facts.stamp;
  const state = firstState(input, facts);
  const isNew = state.status === "New";
  const { id: organizationId, name: organizationName } = facts.inviter;
  return {
    id: facts.id,
    engagementId: facts.engagementId,
    organizationId: facts.owner.id,
    organizationName: facts.owner.name,
    createdDateTime: moment,
    updatedDateTime: moment,
    expirationDateTime: isNew ? stampOf(millisecondsOf(moment) + answerWithinMs) : null,
    acceptedDateTime: isNew ? null : moment,
    ...callersPart(input, "create"),
    ...state,
    inviteContext: {
      ...input.inviteContext,
      invitedBy: { organizationId, organizationName, ...input.inviteContext?.invitedBy },
    },
    direction: facts.side === "microsoft" ? "Incoming" : "Outgoing",
    eTag,
  };
}
