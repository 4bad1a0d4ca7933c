import type { DealField, DealSideSummary, DealSummary } from "../../contract/index.ts";
import type { CrmValue, MappedField } from "../../crm/index.ts";
import {
  isEditable,
  type Pair,
  type PairState,
  type Projection,
  type Side,
} from "../../sync/index.ts";

const sentences: Readonly<Record<PairState, string>> = {
  unshared: "Only in the CRM, not marked for sharing",
  matching: "Looking for its counterpart",
  "creating-referral": "Being created in Partner Center",
  probing: "Checking whether it reached Partner Center",
  "inviting-microsoft": "Inviting Microsoft",
  "creating-deal": "Being created in the CRM",
  looking: "Being read again",
  planning: "A change was seen",
  "writing-referral": "Sending to Partner Center",
  "writing-crm": "Sending to the CRM",
  held: "Waiting in the holding stage",
  asking: "Waits for your decision",
  "in-step": "In step",
  refusing: "A value can't be carried over",
  waiting: "Waits for approval",
  retrying: "Will be tried again",
  dead: "Stopped",
  paused: "Paused",
  deleted: "Deleted",
  unlinked: "No longer kept in step",
  sibling: "Another partner's referral of the same engagement",
};

const statesThatNeedAPerson: ReadonlySet<PairState> = new Set(["asking", "refusing", "dead"]);
const headlineFields = ["name", "dealValue", "currency", "status"] as const;

/** The state of a deal in words of the trade. */
export function stateSentence(state: PairState): string {
  return sentences[state];
}

/** What both sides say in the mapped fields, by the fields' names. */
export type SideValues = Readonly<Record<Side, Readonly<Record<string, CrmValue>>>>;

/** Reads both sides of a pair; computed fields make this the dear part of showing one. */
export function sideValues({ crm, referral }: Pair, projection: Projection): SideValues {
  return {
    crm: crm?.document ? projection.crmValues(crm.document) : {},
    referral: referral?.document ? projection.referralValues(referral.document) : {},
  };
}

function sideSummary(pair: Pair, side: Side, both: SideValues): DealSideSummary | undefined {
  const state = pair[side];
  if (!state) return undefined;
  const values = both[side];
  const headline = headlineFields.filter((name) => name in values);
  return {
    id: state.id,
    lookedAt: state.lookedAt,
    changedAt: state.stamp,
    values: Object.fromEntries(headline.map((name) => [name, values[name] ?? null])),
    ...(state.url === undefined ? {} : { url: state.url }),
  };
}

function titleOf(pair: Pair, { crm, referral }: SideValues): string {
  const customer = referral.customerName ?? crm.customerName;
  const name = referral.name ?? crm.name;
  const isNamed = typeof name === "string" && typeof customer === "string";
  if (isNamed && name.includes(customer)) return name;
  const parts = [customer, name].filter((part) => typeof part === "string" && part !== "");
  return parts.length > 0 ? parts.join(" – ") : (pair.referral?.id ?? pair.crm?.id ?? pair.id);
}

/** A pair as one line of a list. */
export function dealSummary(
  pair: Pair,
  projection: Projection,
  values = sideValues(pair, projection),
): DealSummary {
  const crm = sideSummary(pair, "crm", values);
  const referral = sideSummary(pair, "referral", values);
  return {
    id: pair.id,
    title: titleOf(pair, values),
    state: pair.state,
    sentence: pair.problem?.sentence ?? stateSentence(pair.state),
    needsPerson: statesThatNeedAPerson.has(pair.state),
    ...(crm ? { crm } : {}),
    ...(referral ? { referral } : {}),
    ...(pair.problem ? { problem: pair.problem } : {}),
  };
}

function fieldState(pair: Pair, name: string): DealField["state"] {
  if (pair.parked[name]) return "parked";
  const inCrm = pair.crm?.changes[name] !== undefined;
  const inReferral = pair.referral?.changes[name] !== undefined;
  if (inCrm && inReferral) return "changed-in-both";
  if (inCrm) return "changed-in-crm";
  return inReferral ? "changed-in-referral" : "in-step";
}

function fieldNote(pair: Pair, field: MappedField): string | undefined {
  const refusal = pair.refusals.find((candidate) => candidate.field === field.name);
  if (refusal) return `${refusal.reason} ${refusal.remedy}`;
  const park = pair.parked[field.name];
  return park ? parkNotes[park.reason] : undefined;
}

const parkNotes: Readonly<Record<Pair["parked"][string]["reason"], string>> = {
  conflict: "Changed on both sides; it waits for your decision.",
  breaker: "Written too often in a short time; something keeps changing it back.",
  undo: "Undone by a person; it stays as it is until somebody resumes it.",
  operator: "Paused by a person.",
  refused: "The other side refused the value.",
};

/** Every mapped field of a pair, side by side. */
export function fieldViews(pair: Pair, projection: Projection): readonly DealField[] {
  const { crm, referral } = sideValues(pair, projection);
  return projection.fields.map((field) => {
    const note = fieldNote(pair, field);
    const park = pair.parked[field.name];
    const isSending = pair.attempt?.writes.some((write) => write.field === field.name);
    const sending = isSending ? pair.attempt : undefined;
    return {
      name: field.name,
      label: field.label,
      crm: crm[field.name] ?? null,
      agreedCrm: pair.crm?.shadow[field.name] ?? null,
      referral: referral[field.name] ?? null,
      agreedReferral: pair.referral?.shadow[field.name] ?? null,
      state: fieldState(pair, field.name),
      direction: field.direction,
      isEditable: isEditable(field),
      ...(park ? { parked: park.reason } : {}),
      ...(sending ? { sending: sending.side } : {}),
      ...(note === undefined ? {} : { note }),
    };
  });
}
