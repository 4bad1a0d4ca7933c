import { type ComputedValue, computedLens, computedValue, nested } from "./computed-value.ts";
import { booleanLens, classesLens, type ValueClass } from "./lenses/classes-lens.ts";
import { countryLens } from "./lenses/country-lens.ts";
import { currencyLens } from "./lenses/currency-lens.ts";
import { dateLens } from "./lenses/date-lens.ts";
import { decimalLens } from "./lenses/decimal-lens.ts";
import { listLens } from "./lenses/list-lens.ts";
import { phoneDigits } from "./lenses/phone-spelling.ts";
import { sameLens } from "./lenses/same-lens.ts";
import { textLens } from "./lenses/text-lens.ts";
import type { Lens, MappedField, Mapping, ReferralValue } from "./mapping-port.ts";
import type { FieldSpec, LensSpec, MappingSpec } from "./mapping-schema.ts";
import { parseMapping } from "./parse-mapping.ts";
import type { CrmFields, CrmValue } from "./port.ts";

type ValueRow = Omit<ValueClass, "unanswered"> & { readonly unanswered?: string | undefined };

function classOf({ unanswered, ...row }: ValueRow): ValueClass {
  return unanswered === undefined ? row : { ...row, unanswered };
}

/** Builds the lens that a mapping file describes. */
export function lensOf(spec: LensSpec): Lens {
  switch (spec.kind) {
    case "text":
      return textLens(spec.maxLength === undefined ? {} : { maxLength: spec.maxLength });
    case "decimal":
      return decimalLens(spec);
    case "date":
      return dateLens(spec);
    case "country":
      return countryLens(spec);
    case "currency":
      return currencyLens();
    case "boolean":
      return booleanLens();
    case "picklist":
    case "stage":
      return classesLens(spec.kind, (spec.values satisfies readonly ValueRow[]).map(classOf));
    case "contacts":
      return listLens({
        ...{ name: spec.kind, noun: "contact", key: "email", fields: spec.fields },
        spellings: { phoneNumber: phoneDigits },
      });
    case "solutions":
      return listLens({ name: spec.kind, noun: "solution", key: "id", fields: spec.fields });
    case "same":
      return sameLens();
  }
}

/**
 * The name under which a computed value stands where the other fields have a path or a CRM field.
 */
const computedName = (name: string): string => `computed.${name}`;

function compileField(spec: FieldSpec): MappedField {
  const base = {
    name: spec.name,
    label: spec.label,
    policy: spec.policy,
    referralWrite: spec.write,
    needsConsent: spec.consent,
    required: spec.required,
  };
  if ("lens" in spec) {
    return {
      ...base,
      referralPath: spec.referral,
      crmField: spec.crm,
      direction: spec.direction,
      lens: lensOf(spec.lens),
    };
  }
  const compute = computedValue(spec.expression);
  if ("referral" in spec) {
    return {
      ...base,
      referralPath: spec.referral,
      crmField: computedName(spec.name),
      direction: "to-referral",
      lens: computedLens(),
      compute: (record) => compute(nested(record as CrmFields)),
    };
  }
  return {
    ...base,
    referralPath: `/${computedName(spec.name)}`,
    crmField: spec.crm,
    direction: "to-crm",
    referralWrite: "never",
    lens: computedLens(),
    compute,
  };
}

function isExpression(value: unknown): value is { readonly expression: string } {
  return value !== null && typeof value === "object" && "expression" in value;
}

type NewReferralPart = (record: Record<string, unknown>) => ReferralValue;

function compileNewReferral(spec: MappingSpec): Mapping["newReferral"] {
  const parts = Object.entries(spec.newReferral).map(([path, value]) => {
    if (!isExpression(value)) {
      return [path, (() => value as CrmValue) satisfies NewReferralPart] as const;
    }
    const compute: ComputedValue = computedValue(value.expression);
    return [path, compute satisfies NewReferralPart] as const;
  });
  return (crm) => {
    const record = nested(crm);
    return Object.fromEntries(parts.map(([path, part]) => [path, part(record)]));
  };
}

function definedOnly(state: MappingSpec["state"]): NonNullable<Mapping["stateFields"]> {
  return Object.fromEntries(Object.entries(state).filter(([, field]) => field !== undefined));
}

/** Every CRM field that a mapping reads or writes: what an adapter has to carry. */
export function crmFieldsOf(mapping: Mapping): readonly string[] {
  const mapped = mapping.fields.flatMap(({ compute, crmField, direction }) =>
    compute !== undefined && direction === "to-referral" ? [] : [crmField],
  );
  return [
    ...new Set([
      ...mapped,
      ...(mapping.holding ? [mapping.holding.crmField] : []),
      ...(mapping.reads ?? []),
      ...Object.values(mapping.stateFields ?? {}),
      ...Object.keys(mapping.newDeal),
    ]),
  ];
}

/** Turns a mapping file's content into the mapping that the engine runs. */
export function compileMapping(spec: MappingSpec): Mapping {
  return {
    crmKind: spec.crm,
    fields: spec.fields.map(compileField),
    shareWhen: (crm) =>
      spec.share.values.some((value) => value === (crm[spec.share.field] ?? null)),
    newReferral: compileNewReferral(spec),
    newDeal: spec.newDeal,
    reads: [...new Set([spec.share.field, ...spec.reads])],
    stateFields: definedOnly(spec.state),
    ...(spec.holding === undefined
      ? {}
      : { holding: { crmField: spec.holding.field, value: spec.holding.value } }),
  };
}

/** Reads and compiles a mapping file. Errors: YamlFileError. */
export function loadMapping(text: string, fileName?: string): Mapping {
  return compileMapping(parseMapping(text, fileName));
}
