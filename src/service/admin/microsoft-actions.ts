import {
  actions,
  type Referral,
  ReferralsError,
  type State,
  validateReferral,
} from "../../contract/index.ts";
import type { Database } from "../../storage/port.ts";
import type { Caller, Referrals, WrittenReferral } from "../referrals.ts";
import type { Organization } from "../rules/new-referral.ts";
import { refuseInput } from "../rules/referral-change.ts";
import { organizationOf } from "../store/referral-store.ts";

/** What Microsoft can send to a partner. */
export type InboundKind = "lead" | "co-sell";

/** An inbound referral, as the player of Microsoft orders it. */
export interface InboundOrder {
  readonly kind: InboundKind;
  readonly substatus: "Pending" | "Received";
  /** Values in place of the invented ones. */
  readonly referral: Readonly<Record<string, unknown>>;
}

const inboundDefaults: Readonly<Record<InboundKind, Referral>> = {
  lead: {
    type: "Independent",
    qualification: "Direct",
    name: "A customer who found you in the marketplace",
    consent: { consentToContact: true, consentToToShareInfoWithOthers: false },
  },
  "co-sell": {
    type: "Shared",
    qualification: "SalesQualified",
    name: "A deal that Microsoft would like to win with you",
    consent: {
      consentToContact: true,
      consentToToShareInfoWithOthers: true,
      consentToShareReferralWithMicrosoftSellers: true,
    },
  },
};

const inventedCustomer: Referral = {
  customerProfile: {
    name: "Pebble Creek Museums",
    address: {
      addressLine1: "12 Larkspur Road",
      city: "Spokane",
      state: "WA",
      postalCode: "99201",
      country: "US",
    },
    size: "51to250employees",
    team: [
      {
        firstName: "Imani",
        lastName: "Thackeray",
        email: "imani.thackeray@pebble-creek-museums.example",
        phoneNumber: "+1 509 555 0142",
      },
    ],
  },
  details: {
    notes: "The customer asks for a first conversation.",
    dealValue: 48_000,
    currency: "USD",
    requirements: {
      products: [{ id: "Azure" }],
      services: [{ id: "DeploymentOrMigration" }],
      industries: [{ id: "Nonprofit" }],
      solutions: [],
    },
  },
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON Merge Patch (RFC 7396): null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

const because = (statusReason: string | undefined): Referral =>
  statusReason === undefined ? {} : { statusReason };

/** What nobody may edit, Microsoft neither. */
const identity = ["id", "engagementId", "createdDateTime", "links", "@odata.context"];

/** Plays Microsoft: what happens on the other side of the partner's referrals. */
export class MicrosoftActions {
  readonly #referrals: Referrals;
  readonly #database: Database;

  constructor(referrals: Referrals, database: Database) {
    this.#referrals = referrals;
    this.#database = database;
  }

  /** Sends a partner a new referral that waits for an answer. */
  send(partner: Organization, order: InboundOrder): Promise<WrittenReferral> {
    const defaults = { ...inventedCustomer, ...inboundDefaults[order.kind] };
    const state = { status: "New", substatus: order.substatus };
    const result = validateReferral({ ...defaults, ...state, ...order.referral }, "create");
    if (!result.ok) throw refuseInput(result.problems);
    return this.#referrals.create(this.#callerFor(partner), result.referral);
  }

  /** Changes any field by a JSON Merge Patch; the lifecycle holds for Microsoft too. */
  edit(id: string, patch: Readonly<Record<string, unknown>>): Promise<WrittenReferral> {
    const allowed = Object.entries(patch).filter(([name]) => !identity.includes(name));
    return this.#change(
      id,
      (before) => mergePatch(before, Object.fromEntries(allowed)) as Referral,
    );
  }

  accept(id: string, microsoftMsxId?: string): Promise<WrittenReferral> {
    return this.#move(
      id,
      actions.accept,
      microsoftMsxId ? { trackingInfo: { microsoftMsxId } } : {},
    );
  }

  decline(id: string, statusReason?: string): Promise<WrittenReferral> {
    return this.#move(id, actions.decline, because(statusReason));
  }

  close(id: string, outcome: "Won" | "Lost", statusReason?: string): Promise<WrittenReferral> {
    return this.#move(id, outcome === "Won" ? actions.win : actions.lose, because(statusReason));
  }

  /** Notes under which number Microsoft's own CRM keeps the deal. */
  setMicrosoftMsxId(id: string, microsoftMsxId: string): Promise<WrittenReferral> {
    return this.#change(id, (before) => ({
      ...before,
      trackingInfo: { ...before.trackingInfo, microsoftMsxId },
    }));
  }

  /** Gives a referral a new eTag though nothing of it changes. */
  async touch(id: string): Promise<WrittenReferral> {
    return this.#referrals.renewETag({ tenantId: await this.#tenantOf(id) }, id);
  }

  #move(id: string, state: State, values: Referral): Promise<WrittenReferral> {
    return this.#change(id, (before) => ({ ...before, ...state, ...values }));
  }

  async #change(id: string, becomes: (before: Referral) => Referral): Promise<WrittenReferral> {
    const tenantId = await this.#tenantOf(id);
    return this.#referrals.change(this.#callerFor({ id: tenantId, name: "" }), id, becomes);
  }

  async #tenantOf(id: string): Promise<string> {
    const tenantId = await organizationOf(this.#database, id);
    if (tenantId === undefined) throw new ReferralsError("itemNotFound");
    return tenantId;
  }

  #callerFor(organization: Organization): Caller {
    return { scope: { tenantId: organization.id }, organization, side: "microsoft" };
  }
}
