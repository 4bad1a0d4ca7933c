import { isFinal, type State } from "../../contract/index.ts";
import type { FieldPolicy, LensContext, MappedField } from "../../crm/mapping-port.ts";
import { type CrmValue, isEmptyValue } from "../../crm/port.ts";
import type {
  Decision,
  FieldValues,
  FieldWrite,
  Park,
  Refusal,
  SeenChange,
  Side,
} from "../pair/pair.ts";
import { stateOfText, statusPath } from "../pair/projection.ts";
import type { EngineRules } from "./rules.ts";

/** One side as the planner sees it. */
export interface PlanSide {
  readonly seen: FieldValues;
  readonly shadow: FieldValues;
  readonly changes: Readonly<Record<string, SeenChange>>;
}

/** Everything that decides what happens to the fields of a pair. */
export interface PlanInput {
  readonly fields: readonly MappedField[];
  readonly referral: PlanSide;
  readonly crm: PlanSide;
  readonly state: State;
  readonly context: LensContext;
  readonly parked: Readonly<Record<string, Park>>;
  readonly decisions: Readonly<Record<string, Decision>>;
  /** A person's standing preference, which goes before the mapping's policy. */
  readonly policies: Readonly<Record<string, FieldPolicy>>;
  /** Asked only where contact data is about to leave. */
  readonly mayShareContacts: () => boolean;
  /** The deal waits in the holding stage: nothing goes to the referral. */
  readonly isHeld: boolean;
  /** The deal has just left the holding stage: the referral is to be accepted. */
  readonly hasLeftHolding: boolean;
  /** After a restore the shadows are older than the world: what differs is asked. */
  readonly distrustsShadows: boolean;
  readonly newestSkewMs: number;
  readonly rules: Pick<EngineRules, "mayMove" | "newest">;
}

/**
 * A value on which both sides agree, each in its own form. A side that is left out has still to say
 * its own: what it has counts as a change.
 */
export interface Agreement {
  readonly field: string;
  readonly referral?: CrmValue;
  readonly crm?: CrmValue;
}

/** A value that lost against the other side's. */
export interface Loser {
  readonly field: string;
  readonly side: Side;
  readonly value: CrmValue;
}

/** What is to be done about the fields of a pair. */
export interface Plan {
  readonly toReferral: readonly FieldWrite[];
  readonly toCrm: readonly FieldWrite[];
  /** Agreed already: no call is needed. */
  readonly agreements: readonly Agreement[];
  /** Both sides changed and nobody but a person can say which one holds. */
  readonly conflicts: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly losers: readonly Loser[];
  /** Parked fields whose question has answered itself. */
  readonly released: readonly string[];
}

interface Draft {
  readonly toReferral: FieldWrite[];
  readonly toCrm: FieldWrite[];
  readonly agreements: Agreement[];
  readonly conflicts: string[];
  readonly refusals: Refusal[];
  readonly losers: Loser[];
  readonly released: string[];
}

interface FieldView {
  readonly field: MappedField;
  readonly input: PlanInput;
  readonly draft: Draft;
  readonly referral: CrmValue;
  readonly crm: CrmValue;
}

type Outcome = "done" | "refused" | "held";

/** Decides for every field of a pair. Pure: the same input gives the same plan. */
export function planFields(input: PlanInput): Plan {
  const draft: Draft = {
    toReferral: [],
    toCrm: [],
    agreements: [],
    conflicts: [],
    refusals: [],
    losers: [],
    released: [],
  };
  for (const field of input.fields) {
    planField({
      field,
      input,
      draft,
      referral: input.referral.seen[field.name] ?? null,
      crm: input.crm.seen[field.name] ?? null,
    });
  }
  return draft;
}

function planField(view: FieldView): void {
  const { field, input, draft } = view;
  const { name } = field;
  const decision = input.decisions[name];
  const park = input.parked[name];
  if (decision) {
    carryOut(view, decision);
  } else if (!park || isOver(view, park)) {
    if (park) draft.released.push(name);
    if (input.distrustsShadows) agreeOrAsk(view);
    else compare(view);
  }
}

function compare(view: FieldView): void {
  const { field, input } = view;
  const change = changeOf(view);
  if (field.direction === "to-crm") oneWay(view, "crm", change);
  else if (field.direction === "to-referral") oneWay(view, "referral", change);
  else if (field.referralPath === statusPath && input.hasLeftHolding) accept(view);
  else if (change.referral && change.crm) bothChanged(view, change.isFirst);
  else if (change.referral) write(view, "crm");
  else if (change.crm) write(view, "referral");
}

interface Change {
  readonly referral: boolean;
  readonly crm: boolean;
  /** Neither side was ever agreed: the pair has just been linked. */
  readonly isFirst: boolean;
}

function changeOf({ field, input, referral, crm }: FieldView): Change {
  const agreedReferral = input.referral.shadow[field.name];
  const agreedCrm = input.crm.shadow[field.name];
  // Most values are the very ones that were agreed: a lens is asked only about the others.
  return {
    isFirst: agreedReferral === undefined && agreedCrm === undefined,
    referral:
      agreedReferral !== referral &&
      (agreedReferral === undefined || !field.lens.sameInReferral(referral, agreedReferral)),
    crm: agreedCrm !== crm && (agreedCrm === undefined || !field.lens.sameInCrm(crm, agreedCrm)),
  };
}

/** Whether both sides say the same, as far as each can say it. */
export function saySame(
  { lens }: MappedField,
  referral: CrmValue,
  crm: CrmValue,
  context: LensContext,
): boolean {
  const there = lens.toCrm(referral, crm, context);
  if (there.ok && lens.sameInCrm(there.value, crm)) return true;
  const back = lens.toReferral(crm, referral, context);
  return back.ok && lens.sameInReferral(back.value, referral);
}

const isSame = ({ field, input, referral, crm }: FieldView): boolean =>
  saySame(field, referral, crm, input.context);

/**
 * A park ends by itself where its question has: both sides agree, or the refused value was changed.
 */
function isOver(view: FieldView, park: Park): boolean {
  if (park.reason === "conflict" || park.reason === "breaker") return isSame(view);
  if (park.reason !== "refused" || park.source === undefined) return false;
  const { lens } = view.field;
  return park.side === "crm"
    ? !lens.sameInReferral(view.referral, park.source)
    : !lens.sameInCrm(view.crm, park.source);
}

function agree({ field, draft, referral, crm }: FieldView): void {
  draft.agreements.push({ field: field.name, referral, crm });
}

function agreeOrAsk(view: FieldView): void {
  if (isSame(view)) agree(view);
  // What consent keeps apart is no difference.
  else if (isKeptApart(view)) write(view, "referral");
  else view.draft.conflicts.push(view.field.name);
}

/** Contact data that the CRM has and the referral may not have. */
const isKeptApart = ({ field, input, referral }: FieldView): boolean =>
  field.needsConsent && isEmptyValue(referral) && !input.mayShareContacts();

function oneWay(view: FieldView, to: Side, change: Change): void {
  const from: Side = to === "crm" ? "referral" : "crm";
  if (!change[from]) return;
  if (isSame(view)) {
    agree(view);
  } else if (write(view, to) === "done" && change[to] && !change.isFirst) {
    lose(view, to);
  }
}

function bothChanged(view: FieldView, isFirst: boolean): void {
  const { field, draft, referral, crm } = view;
  if (isSame(view)) {
    agree(view);
  } else if (isFirst && crm === null) {
    write(view, "crm");
  } else if (isFirst && referral === null) {
    write(view, "referral");
  } else {
    const winner = winnerOf(view);
    if (winner === undefined) draft.conflicts.push(field.name);
    else if (write(view, winner === "crm" ? "referral" : "crm") === "done") {
      lose(view, winner === "crm" ? "referral" : "crm");
    } else if (winner === "crm" && field.referralPath === statusPath) {
      // The lifecycle has the last word: a move that Partner Center forbids gives way to what is.
      giveWay(view);
    }
  }
}

function lose({ field, draft, referral, crm }: FieldView, side: Side): void {
  draft.losers.push({ field: field.name, side, value: side === "crm" ? crm : referral });
}

function winnerOf({ field, input }: FieldView): Side | undefined {
  const policy = input.policies[field.name] ?? field.policy;
  if (policy === "referral" || policy === "crm") return policy;
  if (policy === "ask") return undefined;
  const referral = input.referral.changes[field.name];
  const crm = input.crm.changes[field.name];
  return referral && crm ? input.rules.newest(referral, crm, input.newestSkewMs) : undefined;
}

function giveWay(view: FieldView): void {
  const { field, draft } = view;
  if (write(view, "crm") !== "done") return;
  const refused = draft.refusals.findIndex((refusal) => refusal.field === field.name);
  if (refused >= 0) draft.refusals.splice(refused, 1);
  lose(view, "crm");
}

/** Leaving the holding stage accepts the referral, unless the deal says something more definite. */
function accept(view: FieldView): void {
  const { field, input, referral, crm } = view;
  const wanted = field.lens.toReferral(crm, referral, input.context);
  const isDefinite = wanted.ok && stateOfText(wanted.value).status !== input.state.status;
  put(view, "referral", isDefinite ? wanted.value : "Active/Accepted", crm);
}

function carryOut(view: FieldView, decision: Decision): void {
  const { field, draft, referral, crm } = view;
  const { lens } = field;
  if (decision.take === "undo") {
    undo(view, decision);
  } else if (isSame(view) && decision.take !== "value") {
    agree(view);
  } else if (
    (decision.take !== "crm" && !lens.sameInCrm(crm, decision.over.crm)) ||
    (decision.take !== "referral" && !lens.sameInReferral(referral, decision.over.referral))
  ) {
    draft.conflicts.push(field.name);
  } else if (decision.take === "value" && !lens.sameInReferral(decision.value, referral)) {
    // The CRM follows in the next round: the decision then reads "take referral".
    put(view, "referral", decision.value, crm);
  } else {
    write(view, decision.take === "crm" ? "referral" : "crm");
  }
}

function undo(view: FieldView, { side, value, instead }: Decision & { take: "undo" }): void {
  const { field, referral, crm } = view;
  const isUntouched =
    side === "crm"
      ? field.lens.sameInCrm(crm, instead)
      : field.lens.sameInReferral(referral, instead);
  if (isUntouched) {
    put(view, side, value, side === "crm" ? referral : crm);
  } else {
    const reason = `${field.label} was changed again, so the earlier write can't be undone`;
    refuse(view, side, reason, "Undo the later change instead.");
  }
}

/** Translates the other side's value and plans to write it. */
function write(view: FieldView, to: Side): Outcome {
  const { field, input, referral, crm } = view;
  const { lens } = field;
  const translated =
    to === "crm"
      ? lens.toCrm(referral, crm, input.context)
      : lens.toReferral(crm, referral, input.context);
  if (!translated.ok) {
    refuse(view, to, translated.reason, translated.remedy);
    return "refused";
  }
  const isThere =
    to === "crm"
      ? lens.sameInCrm(translated.value, crm)
      : lens.sameInReferral(translated.value, referral);
  if (isThere) {
    agree(view);
    return "done";
  }
  return put(view, to, translated.value, to === "crm" ? referral : crm);
}

function put(view: FieldView, to: Side, value: CrmValue, source: CrmValue): Outcome {
  const { field, draft, referral, crm } = view;
  if (to === "crm") {
    draft.toCrm.push({ field: field.name, value, old: crm, source });
    return "done";
  }
  // What waits in the holding stage doesn't sync, but for what a person decides here.
  if (view.input.isHeld && !view.input.decisions[field.name]) return "held";
  const refusal = refusalOf(view, value);
  if (refusal) {
    refuse(view, "referral", refusal.reason, refusal.remedy);
    return "refused";
  }
  draft.toReferral.push({ field: field.name, value, old: referral, source });
  return "done";
}

function refuse({ field, draft }: FieldView, side: Side, reason: string, remedy: string): void {
  draft.refusals.push({ field: field.name, side, reason, remedy });
}

/** Why the referral can't take a value: found out before a call is spent. */
function refusalOf(
  { field, input }: FieldView,
  value: CrmValue,
): { readonly reason: string; readonly remedy: string } | undefined {
  if (field.referralWrite === "never" || field.referralWrite === "create") {
    return {
      reason: `${field.label} can't be changed in Partner Center once the referral exists`,
      remedy: "Map the field to the CRM only, or set it back in the CRM.",
    };
  }
  if (field.needsConsent && !input.mayShareContacts()) {
    return {
      reason: `${field.label} is contact data, and the customer's consent doesn't allow sharing it`,
      remedy: "Obtain the consent and record it on the referral.",
    };
  }
  if (field.required && isEmptyValue(value)) {
    return {
      reason: `${field.label} is empty in the CRM, and a referral can't be without it`,
      remedy: `Fill in ${field.label} in the CRM.`,
    };
  }
  if (field.referralPath === statusPath) {
    const verdict = input.rules.mayMove(input.state, stateOfText(value));
    if (verdict.ok) return undefined;
    return {
      reason: verdict.sentence,
      remedy: "Set the deal's stage in the CRM to one that the referral may still reach.",
    };
  }
  return isFinal(input.state)
    ? {
        reason: `The referral is ${input.state.status}/${input.state.substatus}, which is final`,
        remedy: "Share the deal anew where it goes on.",
      }
    : undefined;
}
