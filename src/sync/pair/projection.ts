import type { Referral, State } from "../../contract/index.ts";
import type { LensContext, MappedField, Mapping, ReferralValue } from "../../crm/mapping-port.ts";
import type { CrmFields, CrmValue } from "../../crm/port.ts";
import type { FieldValues } from "./pair.ts";

/** The path that stands for status and substatus together. */
export const statusPath = "/status";

/** `Active/Accepted` as status and substatus. */
export function stateOfText(text: CrmValue): State {
  const [status = "", substatus = ""] = String(text ?? "").split("/");
  return { status, substatus };
}

/** The state that a referral document is in. */
export function stateOfReferral(referral: Pick<Referral, "status" | "substatus">): State {
  return { status: referral.status ?? "None", substatus: referral.substatus ?? "None" };
}

/** Reads documents of both sides by the mapping's field names. Pure. */
export interface Projection {
  readonly fields: readonly MappedField[];
  readonly byName: ReadonlyMap<string, MappedField>;
  referralValues(referral: Referral): FieldValues;
  crmValues(record: CrmFields): FieldValues;
  context(referral: Referral | undefined, record: CrmFields | undefined): LensContext;
}

type Json = Readonly<Record<string, unknown>>;
type Reader = (document: Json) => ReferralValue;

/** The steps of a JSON Pointer. */
export function pointerSteps(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function readerOf(path: string): Reader {
  if (path === statusPath) {
    return ({ status, substatus }) =>
      status == null ? null : `${String(status)}/${String(substatus ?? "None")}`;
  }
  const steps = pointerSteps(path);
  return (document) => {
    let value: unknown = document;
    for (const step of steps) {
      if (typeof value !== "object" || value === null) return null;
      value = (value as Json)[step];
    }
    return (value ?? null) as ReferralValue;
  };
}

/** A projection for one mapping. */
export function createProjection(mapping: Mapping): Projection {
  const { fields } = mapping;
  const readers = fields.map((field) => readerOf(field.referralPath));
  const referralValues = (referral: Referral): FieldValues => {
    const values: Record<string, CrmValue> = {};
    for (const [index, field] of fields.entries()) {
      const isComputed = field.compute && field.direction === "to-crm";
      values[field.name] = isComputed
        ? field.compute(referral)
        : (readers[index]?.(referral) ?? null);
    }
    return values;
  };
  return {
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    referralValues,
    crmValues: (record) => {
      const values: Record<string, CrmValue> = {};
      for (const field of fields) {
        const isComputed = field.compute && field.direction === "to-referral";
        values[field.name] = isComputed ? field.compute(record) : (record[field.crmField] ?? null);
      }
      return values;
    },
    context: (referral, record) => {
      const values: Record<string, ReferralValue> = {};
      if (referral) {
        for (const [index, field] of fields.entries()) {
          values[field.referralPath] = readers[index]?.(referral) ?? null;
        }
      }
      return { referral: values, crm: record ?? {} };
    },
  };
}

/**
 * A copy of a document with one value set; the objects on the way are made where they are missing.
 */
export function withValue(document: Json, path: string, value: CrmValue): Json {
  if (path === statusPath) return { ...document, ...stateOfText(value) };
  return setAt(document, pointerSteps(path), value);
}

function setAt(document: Json, steps: readonly string[], value: CrmValue): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return document;
  if (rest.length === 0) return { ...document, [step]: value };
  const inner = document[step];
  const record = typeof inner === "object" && inner !== null ? (inner as Json) : {};
  return { ...document, [step]: setAt(record, rest, value) };
}
