import { actions, answerWithinMs, type Referral } from "../../contract/index.ts";
import type { Random } from "../../runtime/index.ts";
import { microsoftOrganization } from "../rules/microsoft.ts";
import type { Organization } from "../rules/new-referral.ts";
import { newETag, stampOf } from "../stamps.ts";
import {
  companyHeads,
  companyTails,
  firstNames,
  lastNames,
  places,
  solutions,
  undertakings,
} from "./invented-names.ts";

const dayMs = 86_400_000;
const oldestDays = 180;

const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random.fraction() * from.length)] as T;

function person(random: Random, domain: string) {
  const firstName = pick(random, firstNames);
  const lastName = pick(random, lastNames);
  const number = Math.floor(random.fraction() * 10_000);
  return {
    firstName,
    lastName,
    email: `${firstName}.${lastName}@${domain}`.toLowerCase(),
    // 555-0100 to 555-0199 are reserved for fiction.
    phoneNumber: `+1 ${200 + (number % 700)} 555 01${String(number % 100).padStart(2, "0")}`,
    contactPreference: { locale: "en-US", disableNotifications: false },
  };
}

interface Moments {
  readonly state: { readonly status: string; readonly substatus: string };
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** Of ten referrals two wait for an answer, five are being worked on, three are closed. */
function moments(random: Random, now: number): Moments {
  const chance = random.fraction();
  const isNew = chance < 0.2;
  const ageMs = random.fraction() * (isNew ? 13 : oldestDays) * dayMs;
  const createdMs = Math.floor(now - ageMs);
  const updatedMs = isNew ? createdMs : Math.floor(createdMs + random.fraction() * ageMs);
  if (isNew) {
    const substatus = chance < 0.1 ? "Pending" : "Received";
    return { state: { status: "New", substatus }, createdMs, updatedMs };
  }
  if (chance < 0.7) return { state: actions.accept, createdMs, updatedMs };
  const ends = [actions.win, actions.lose, actions.decline, actions.expire];
  return { state: pick(random, ends), createdMs, updatedMs };
}

/** The customer's company and the people there. */
function customer(random: Random) {
  const name = `${pick(random, companyHeads)} ${pick(random, companyTails)}`;
  const domain = `${name.toLowerCase().replace(/[^a-z]+/g, "-")}.example`;
  const { currency, ...address } = pick(random, places);
  const street = `${1 + Math.floor(random.fraction() * 200)} ${pick(random, companyHeads)} Road`;
  const size = pick(random, ["1to9employees", "10to50employees", "51to250employees"] as const);
  return {
    currency,
    profile: {
      name,
      address: { addressLine1: street, ...address },
      size,
      team: [person(random, domain)],
      ids: [],
    },
  };
}

/** A referral as a partner's workspace might hold it; everything in it is invented. */
export function inventedReferral(
  organization: Organization,
  random: Random,
  now: number,
): Referral {
  const { state, createdMs, updatedMs } = moments(random, now);
  const isIncoming = state.status === "New" || random.fraction() < 0.4;
  const isShared = random.fraction() < 0.5;
  const { currency, profile } = customer(random);
  const inviter = isIncoming ? microsoftOrganization : organization;
  const isClosed = state.status === "Closed";
  const isNew = state.status === "New";
  const undertaking = pick(random, undertakings);
  return {
    id: random.uuid(),
    engagementId: random.uuid(),
    organizationId: organization.id,
    organizationName: organization.name,
    name: `${undertaking} – ${profile.name}`,
    // No CRM has these deals: an id would send a sync engine looking for records that don't exist.
    externalReferenceId: null,
    createdDateTime: stampOf(createdMs, Math.floor(random.fraction() * 10_000)),
    updatedDateTime: stampOf(updatedMs + 1, Math.floor(random.fraction() * 10_000)),
    expirationDateTime: isNew ? stampOf(createdMs + answerWithinMs) : null,
    acceptedDateTime: isNew ? null : stampOf(createdMs),
    closedDateTime: isClosed ? stampOf(updatedMs) : null,
    ...state,
    statusReason: state.substatus === "Lost" ? "The budget went elsewhere." : null,
    type: isShared ? "Shared" : "Independent",
    qualification: pick(random, [
      "SalesQualified",
      "MarketingQualified",
      "Direct",
      "None",
    ] as const),
    direction: isIncoming ? "Incoming" : "Outgoing",
    customerProfile: profile,
    consent: {
      consentToContact: true,
      consentToToShareInfoWithOthers: isShared,
      consentToShareReferralWithMicrosoftSellers: isShared,
    },
    details: {
      notes: `${undertaking}: the customer asks for a first conversation.`,
      dealValue: Math.round(random.fraction() * 4_000) * 50 + 1_000,
      currency,
      closingDateTime: stampOf(createdMs + Math.floor(random.fraction() * 120) * dayMs),
      requirements: {
        industries: [{ id: "Manufacturing" }],
        products: [{ id: "Azure" }],
        services: [{ id: "DeploymentOrMigration" }],
        solutions: [pick(random, solutions)],
      },
    },
    team: [person(random, "partner.example")],
    target: [],
    inviteContext: {
      notes: "",
      assistanceRequestCode: isShared ? "GeneralOrOther" : "Unknown",
      invitedBy: { organizationId: inviter.id, organizationName: inviter.name },
    },
    campaignId: "",
    favorite: false,
    trackingInfo: isShared
      ? { microsoftMsxId: `7-${random.uuid().slice(0, 10).toUpperCase()}` }
      : null,
    eTag: newETag(updatedMs, random),
  };
}
