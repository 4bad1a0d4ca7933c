import {
  type PatchOperation,
  type Referral,
  ReferralsError,
  type WebhookEventName,
} from "../contract/index.ts";
import type { Random } from "../runtime/index.ts";
import type { Database, Transaction } from "../storage/port.ts";
import { textOf } from "./json-parts.ts";
import { isForMicrosoft, locationOf, microsoftOrganization } from "./rules/microsoft.ts";
import { newReferral, type Organization } from "./rules/new-referral.ts";
import { isRegistrationPatch, patchedReferral } from "./rules/patched-referral.ts";
import { assertOpen, isMicrosoftsSide, type Side, settleChange } from "./rules/referral-change.ts";
import { callersPart, servicesPart } from "./rules/server-fields.ts";
import { newETag, type Stamps } from "./stamps.ts";
import {
  findReferral,
  findReferralToSend,
  insertReferral,
  keepVersion,
  type ReferralRow,
  referralsOfEngagement,
  replaceReferral,
  type Scope,
  type StoredReferral,
} from "./store/referral-store.ts";
import { type RepeatableRequest, recallAnswer, rememberAnswer } from "./store/request-store.ts";

/** Who makes a call, and what of it the rules need to know. */
export interface Caller {
  readonly scope: Scope;
  readonly organization: Organization;
  readonly side: Side;
}

/** A change that has happened, for those who want to hear of it. */
export interface ReferralChange {
  readonly tenantId: string;
  readonly event: WebhookEventName;
  readonly referralId: string;
  readonly moment: string;
}

/** How one call is to be carried out. */
export interface CallTerms {
  /** The eTag that must still be current; `*` for any, absent for no condition. */
  readonly ifMatch?: string;
  /** Where the caller may repeat the call: its id and digest. */
  readonly request?: RepeatableRequest;
}

/** What the referrals need. */
export interface ReferralsOptions {
  readonly database: Database;
  readonly stamps: Stamps;
  readonly random: Random;
  /** Milliseconds since 1970 in the referrals' own time. */
  readonly now: () => number;
  readonly acceptsAtOnce: boolean;
  /** Called inside the transaction of each change; resolves to whether somebody will be told. */
  readonly announce: (transaction: Transaction, change: ReferralChange) => Promise<boolean>;
  /** Called after a change has been committed. */
  readonly onCommitted: (outcome: ChangeOutcome) => void;
}

/** What follows from a change that has been committed. */
export interface ChangeOutcome {
  /** The moment until which an answer is awaited. */
  readonly expiresAt: string | null;
  /** True where somebody is to be told of it. */
  readonly isAnnounced: boolean;
}

/** The largest document, in characters of JSON. */
export const documentLimit = 1_048_576;

const eventOf = (referral: Referral, kind: "created" | "updated"): WebhookEventName =>
  isMicrosoftsSide(referral) ? `related-referral-${kind}` : `referral-${kind}`;

function assertMatches(stored: StoredReferral, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  if (ifMatch.split(",").some((eTag) => eTag.trim() === stored.eTag)) return;
  throw new ReferralsError("preconditionFailed", { target: "If-Match" });
}

function assertFits(document: string): void {
  if (document.length > documentLimit) {
    throw new ReferralsError("payloadTooLarge", {
      message: "The referral would become too large.",
    });
  }
}

/** A referral as it was written. */
export interface WrittenReferral extends StoredReferral, ChangeOutcome {
  readonly document: string;
}

const storedFrom = (
  document: Referral,
  text: string,
  locationId: string | null,
  isAnnounced = false,
): WrittenReferral => ({
  isAnnounced,
  expiresAt: document.status === "New" ? (document.expirationDateTime ?? null) : null,
  id: String(document.id),
  engagementId: String(document.engagementId),
  eTag: String(document.eTag),
  document: text,
  locationId,
});

const rowFrom = (tenantId: string, stored: StoredReferral): ReferralRow => {
  const text = textOf(stored.document);
  const { locationId } = stored;
  return { tenantId, locationId, document: JSON.parse(text) as Referral, text };
};

const rememberedFrom = (body: string): WrittenReferral =>
  storedFrom(JSON.parse(body) as Referral, body, null);

/** Reads and changes referrals by the rules of the contract, each change in one transaction. */
export class Referrals {
  readonly #options: ReferralsOptions;

  constructor(options: ReferralsOptions) {
    this.#options = options;
  }

  /** Errors: itemNotFound. */
  async get(scope: Scope, id: string): Promise<StoredReferral> {
    const found = await findReferralToSend(this.#options.database, scope, id);
    if (!found) throw new ReferralsError("itemNotFound");
    return found;
  }

  /**
   * Stores a new referral. Errors: invalidRequest, illegalTransition, accessDenied,
   * requestIdReused.
   */
  create(caller: Caller, input: Referral, terms: CallTerms = {}): Promise<WrittenReferral> {
    const { random } = this.#options;
    const ids = { id: random.uuid(), engagementId: random.uuid() };
    return this.#write(caller, terms, async (transaction) => {
      const engagement = await this.#engagementOf(transaction, caller, input);
      const isSecond = engagement !== undefined && isForMicrosoft(input);
      const moment = this.#options.stamps.next();
      const document = newReferral(input, {
        id: ids.id,
        engagementId: engagement ?? ids.engagementId,
        owner: isSecond ? microsoftOrganization : caller.organization,
        inviter: caller.side === "microsoft" ? microsoftOrganization : caller.organization,
        side: caller.side,
        stamp: { moment, eTag: this.#newETag() },
        acceptsAtOnce: this.#options.acceptsAtOnce,
      });
      const { tenantId } = caller.scope;
      const locationId = placeOf(document, caller.scope, null);
      const text = JSON.stringify(document);
      await insertReferral(transaction, { tenantId, locationId, document, text });
      const change = { tenantId, event: eventOf(document, "created"), referralId: ids.id, moment };
      const isAnnounced = await this.#options.announce(transaction, change);
      return storedFrom(document, text, locationId, isAnnounced);
    });
  }

  /**
   * Puts a whole referral in the place of the stored one; what belongs to the service stays.
   * `toInput` checks the input against what is stored.
   */
  update(
    caller: Caller,
    id: string,
    toInput: (stored: Referral) => Referral,
    terms: CallTerms & { readonly ifMatch: string },
  ): Promise<WrittenReferral> {
    return this.#change(caller, id, terms, (before) => {
      assertOpen(before, false);
      const { status, substatus } = before;
      const given = callersPart(toInput(before), "put");
      const state = {
        status: given.status ?? status,
        substatus: given.substatus ?? substatus,
      };
      return { ...servicesPart(before), ...given, ...state };
    });
  }

  /** Applies operations that have passed the allow-list, all or none. */
  patch(
    caller: Caller,
    id: string,
    operations: readonly PatchOperation[],
    terms: CallTerms = {},
  ): Promise<WrittenReferral> {
    const newId = this.#options.random.uuid();
    return this.#change(caller, id, terms, (before, moment) => {
      assertOpen(before, isRegistrationPatch(operations));
      return patchedReferral(before, operations, { moment, newId: () => newId });
    });
  }

  /**
   * Changes one referral by a function from what it was to what it shall be; the rules are checked
   * afterwards.
   * Errors: itemNotFound, preconditionFailed, those of settleChange.
   */
  change(
    caller: Caller,
    id: string,
    becomes: (before: Referral, moment: string) => Referral,
  ): Promise<WrittenReferral> {
    return this.#change(caller, id, {}, becomes);
  }

  /** Gives a referral a new eTag though nothing of it changes. Errors: itemNotFound. */
  renewETag(scope: Scope, id: string): Promise<WrittenReferral> {
    return this.#options.database.transaction(async (transaction) => {
      const stored = await findReferral(transaction, scope, id);
      if (!stored) throw new ReferralsError("itemNotFound");
      const before = rowFrom(scope.tenantId, stored);
      const document = { ...before.document, eTag: this.#newETag() };
      const text = JSON.stringify(document);
      const { locationId } = stored;
      await replaceReferral(transaction, before, { ...before, document, text });
      return storedFrom(document, text, locationId);
    });
  }

  #change(
    caller: Caller,
    id: string,
    terms: CallTerms,
    becomes: (before: Referral, moment: string) => Referral,
  ): Promise<WrittenReferral> {
    return this.#write(caller, terms, async (transaction) => {
      const stored = await findReferral(transaction, caller.scope, id);
      if (!stored) throw new ReferralsError("itemNotFound");
      assertMatches(stored, terms.ifMatch);
      const row = rowFrom(caller.scope.tenantId, stored);
      const before = row.document;
      const moment = this.#options.stamps.next(before.updatedDateTime);
      const after = becomes(before, moment);
      const stamp = { moment, eTag: this.#newETag() };
      const document = settleChange(before, after, stamp, caller.side);
      const { tenantId } = caller.scope;
      const locationId = placeOf(document, caller.scope, stored.locationId);
      const text = JSON.stringify(document);
      await keepVersion(transaction, id, moment);
      await replaceReferral(transaction, row, { tenantId, locationId, document, text });
      const event = eventOf(document, "updated");
      const change = { tenantId, event, referralId: id, moment };
      const isAnnounced = await this.#options.announce(transaction, change);
      return storedFrom(document, text, locationId, isAnnounced);
    });
  }

  async #write(
    caller: Caller,
    terms: CallTerms,
    work: (transaction: Transaction) => Promise<WrittenReferral>,
  ): Promise<WrittenReferral> {
    const { database, now, onCommitted } = this.#options;
    const { tenantId } = caller.scope;
    const { request } = terms;
    const result = await database.transaction(async (transaction) => {
      const answered = request && (await recallAnswer(transaction, tenantId, request));
      if (answered) return rememberedFrom(answered.body);
      const done = await work(transaction);
      assertFits(done.document);
      if (request) {
        const answer = { body: done.document, now: now() };
        await rememberAnswer(transaction, tenantId, request, answer);
      }
      return done;
    });
    onCommitted(result);
    return result;
  }

  async #engagementOf(
    transaction: Transaction,
    caller: Caller,
    input: Referral,
  ): Promise<string | undefined> {
    const { engagementId } = input;
    if (engagementId == null || engagementId === "") return undefined;
    const others = await referralsOfEngagement(transaction, caller.scope, engagementId);
    if (others.length > 0) return engagementId;
    throw new ReferralsError("invalidRequest", {
      message: "There is no such engagement. Leave engagementId out to begin a new one.",
      target: "/engagementId",
    });
  }

  #newETag(): string {
    return newETag(this.#options.now(), this.#options.random);
  }
}

/**
 * The location that a referral belongs to: the one that it is addressed to, or the one where it
 * was made. Errors: accessDenied where that isn't one of the caller's.
 */
function placeOf(document: Referral, scope: Scope, present: string | null): string | null {
  const { locations } = scope;
  const place = locationOf(document) ?? present ?? locations?.[0] ?? null;
  if (!locations || (place !== null && locations.includes(place))) return place;
  throw new ReferralsError("accessDenied", {
    message: "A Referrals user has referrals at their own locations only.",
    target: "/target",
  });
}
