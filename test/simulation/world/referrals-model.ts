import type { Random } from "../../../src/runtime/index.ts";
import {
  isLegalMove,
  type Normalisation,
  normalised,
  patched,
  type ReferralDocument,
  stateOf,
  withValue,
  writableParts,
} from "./referral-document.ts";

type Json = Record<string, unknown>;

/**
 * Who changed something in the outside world. `engine` is the process under test, `peer` an
 * automation of the other side.
 */
export type Actor = "engine" | "person" | "microsoft" | "peer" | "server";

/** A change of a referral as the service carried it out. */
export interface ReferralChange {
  readonly actor: Actor;
  readonly organisation: string;
  readonly before: ReferralDocument | undefined;
  readonly after: ReferralDocument;
  /** True where only the eTag moved. */
  readonly isChurn: boolean;
}

/** What is fixed about the service for the length of a world. */
export interface ReferralsHabits {
  readonly normalisation: Normalisation;
  /** Whole seconds in updatedDateTime, so that several changes share one stamp. */
  readonly secondStamps: boolean;
  /** What the service's clock is wrong by. */
  readonly clockSkewMs: number;
  readonly honoursRequestId: boolean;
}

/** A stored referral with what a list shows of it: an index that may lag. */
export interface StoredReferral {
  readonly organisation: string;
  readonly document: ReferralDocument;
  /** The service's own order of changes: later is larger, also within one stamp. */
  readonly change: number;
}

/** The outcome of a write: the stored document, or the reason for a refusal. */
export type WriteOutcome =
  | { readonly ok: true; readonly document: ReferralDocument }
  | {
      readonly ok: false;
      readonly status: number;
      readonly code: string;
      readonly message: string;
    };

/** The referrals service as a set of documents; HTTP is spoken by the layer above. */
export interface ReferralsModel {
  find(id: string): StoredReferral | undefined;
  /** What a list may see now: for each referral the newest version that its index has taken in. */
  listed(organisation: string): readonly StoredReferral[];
  create(organisation: string, actor: Actor, body: Json, requestId?: string): WriteOutcome;
  patch(id: string, actor: Actor, operations: unknown, ifMatch?: string): WriteOutcome;
  put(id: string, actor: Actor, body: Json, ifMatch: string): WriteOutcome;
  /**
   * A change from outside the API: people in Partner Center's page, Microsoft, the server itself.
   */
  touch(id: string, actor: Actor, values: Readonly<Record<string, unknown>>): WriteOutcome;
  /** A new eTag, and where `restamps` a new updatedDateTime, over the same content. */
  churn(id: string, restamps: boolean): void;
  /** Is told of the next new referral before anybody else hears of it. */
  expect(listener: (document: ReferralDocument) => void): void;
  /** Sets how long a new version stays out of lists, asked at each change. */
  lagBy(lagMs: () => number): void;
}

interface Slot {
  current: StoredReferral;
  listed: StoredReferral | undefined;
  readonly pending: { readonly visibleAt: number; readonly version: StoredReferral }[];
}

const fourteenDaysMs = 14 * 24 * 3_600_000;

function refusal(status: number, code: string, message: string): WriteOutcome {
  return { ok: false, status, code, message };
}

/** A model of the service. `onChange` hears of each change after it is stored. */
export function createReferralsModel(options: {
  readonly now: () => number;
  readonly random: Random;
  readonly habits: ReferralsHabits;
  readonly onChange: (change: ReferralChange) => void;
}): ReferralsModel {
  const { habits, onChange, random } = options;
  const slots = new Map<string, Slot>();
  const answered = new Map<string, string>();
  let changes = 0;
  let lagMs = (): number => 0;
  let expectation: ((document: ReferralDocument) => void) | undefined;
  const takeExpectation = (): typeof expectation => {
    const taken = expectation;
    expectation = undefined;
    return taken;
  };

  const stamp = (): string => {
    const time = options.now() + habits.clockSkewMs;
    const text = new Date(
      habits.secondStamps ? Math.floor(time / 1000) * 1000 : time,
    ).toISOString();
    return habits.secondStamps ? text.replace(".000Z", "Z") : text.replace("Z", "0000Z");
  };
  const nextETag = (): string => {
    changes += 1;
    const first = (0x6d10 + changes * 7919).toString(16).padStart(8, "0");
    return `"${first}-0000-0000-0000-${changes.toString(16).padStart(12, "0")}"`;
  };
  const store = (
    slot: Slot | undefined,
    organisation: string,
    document: Json,
    actor: Actor,
    isChurn: boolean,
  ): ReferralDocument => {
    const eTag = nextETag();
    const after = { ...document, eTag } as ReferralDocument;
    const version: StoredReferral = { organisation, document: after, change: changes };
    const before = slot?.current.document;
    const target = slot ?? { current: version, listed: undefined, pending: [] };
    target.current = version;
    target.pending.push({ visibleAt: options.now() + lagMs(), version });
    if (!slot) slots.set(after.id, target);
    if (!slot) takeExpectation()?.(after);
    onChange({ actor, organisation, before, after, isChurn });
    return after;
  };
  const change = (slot: Slot, candidate: Json, actor: Actor): WriteOutcome => {
    const before = slot.current.document;
    const from = stateOf(before);
    const wanted = normalised(candidate, habits.normalisation);
    const to = stateOf(wanted);
    if (from !== to && !isLegalMove(from, to)) {
      return refusal(400, "invalidRequest", `a referral can't go from ${from} to ${to}`);
    }
    if (from.startsWith("Closed/")) {
      return refusal(400, "invalidRequest", "a closed referral is final");
    }
    const updatedDateTime = stamp();
    const moved =
      from === to
        ? {}
        : to === "Active/Accepted"
          ? { acceptedDateTime: updatedDateTime }
          : to.startsWith("Closed/")
            ? { closedDateTime: updatedDateTime }
            : {};
    const document = { ...wanted, ...moved, updatedDateTime };
    return {
      ok: true,
      document: store(slot, slot.current.organisation, document, actor, false),
    };
  };
  const withSlot = (id: string, work: (slot: Slot) => WriteOutcome): WriteOutcome => {
    const slot = slots.get(id);
    return slot ? work(slot) : refusal(404, "itemNotFound", `there is no referral ${id}`);
  };
  const isStale = (slot: Slot, ifMatch: string | undefined): boolean =>
    ifMatch !== undefined && ifMatch !== "*" && ifMatch !== slot.current.document.eTag;
  const stale = refusal(412, "preconditionFailed", "the eTag is not the current one");

  return {
    find: (id) => slots.get(id)?.current,
    listed(organisation) {
      const now = options.now();
      const visible: StoredReferral[] = [];
      for (const slot of slots.values()) {
        if (slot.current.organisation !== organisation) continue;
        for (let next = slot.pending[0]; next && next.visibleAt <= now; next = slot.pending[0]) {
          slot.listed = next.version;
          slot.pending.shift();
        }
        if (slot.listed) visible.push(slot.listed);
      }
      return visible;
    },
    create(organisation, actor, body, requestId) {
      const call = `${organisation} ${requestId}`;
      const repeated = requestId === undefined ? undefined : answered.get(call);
      if (repeated !== undefined && habits.honoursRequestId) {
        const slot = slots.get(repeated);
        if (slot) return { ok: true, document: slot.current.document };
      }
      for (const required of ["type", "customerProfile", "consent", "details"]) {
        if (body[required] === undefined) {
          return refusal(400, "invalidRequest", `${required} is required`);
        }
      }
      const id = random.uuid();
      const createdDateTime = stamp();
      const own = actor === "engine" || actor === "person";
      const document = {
        qualification: "Direct",
        ...normalised(writableParts(body), habits.normalisation),
        id,
        organizationId: organisation,
        engagementId: typeof body.engagementId === "string" ? body.engagementId : random.uuid(),
        createdDateTime,
        updatedDateTime: createdDateTime,
        expirationDateTime: new Date(
          options.now() + habits.clockSkewMs + fourteenDaysMs,
        ).toISOString(),
        direction: own ? "Outgoing" : "Incoming",
        // The service accepts a partner's own referral on the partner's behalf.
        ...(own ? { status: "Active", substatus: "Accepted" } : {}),
        links: { self: { uri: `/v1.0/engagements/referrals/${id}`, method: "GET" } },
      };
      const stored = store(undefined, organisation, document, actor, false);
      if (requestId !== undefined) answered.set(call, id);
      return { ok: true, document: stored };
    },
    patch: (id, actor, operations, ifMatch) =>
      withSlot(id, (slot) => {
        if (isStale(slot, ifMatch)) return stale;
        const result = patched(slot.current.document, operations);
        if (typeof result === "string") return refusal(400, "invalidRequest", result);
        return change(slot, result, actor);
      }),
    put: (id, actor, body, ifMatch) =>
      withSlot(id, (slot) => {
        if (isStale(slot, ifMatch)) return stale;
        const { id: own, engagementId, createdDateTime, eTag, ...rest } = slot.current.document;
        const kept = Object.fromEntries(
          Object.entries(rest).filter(([name]) => writableParts({ [name]: 0 })[name] === undefined),
        );
        const document = {
          ...writableParts(body),
          ...kept,
          id: own,
          engagementId,
          createdDateTime,
          eTag,
        };
        return change(slot, document, actor);
      }),
    touch: (id, actor, values) =>
      withSlot(id, (slot) => {
        let document: Json = slot.current.document;
        for (const [pointer, value] of Object.entries(values)) {
          document = withValue(document, pointer, value);
        }
        return change(slot, document, actor);
      }),
    churn(id, restamps) {
      const slot = slots.get(id);
      if (!slot) return;
      const document = {
        ...slot.current.document,
        ...(restamps ? { updatedDateTime: stamp() } : {}),
      };
      store(slot, slot.current.organisation, document, "server", true);
    },
    expect(listener) {
      expectation = listener;
    },
    lagBy(next) {
      lagMs = next;
    },
  };
}
