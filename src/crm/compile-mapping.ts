import { decimalLens } from "./lenses/decimal-lens.ts";
import { textLens } from "./lenses/text-lens.ts";
import type { Lens, MappedField, Mapping } from "./mapping-port.ts";
import type { FieldSpec, LensSpec, MappingSpec } from "./mapping-schema.ts";
import { parseMapping } from "./parse-mapping.ts";

function lensOf(spec: LensSpec): Lens {
  switch (spec.kind) {
    case "text":
      return textLens(spec.maxLength === undefined ? {} : { maxLength: spec.maxLength });
    case "decimal":
      return decimalLens(spec);
  }
}

function compileField(spec: FieldSpec): MappedField {
  return {
    name: spec.name,
    label: spec.label,
    referralPath: spec.referral,
    crmField: spec.crm,
    direction: spec.direction,
    policy: spec.policy,
    referralWrite: spec.write ?? "patch",
    needsConsent: spec.consent,
    required: spec.required,
    lens: lensOf(spec.lens),
  };
}

/** Turns a mapping file's content into the mapping that the engine runs. */
export function compileMapping(spec: MappingSpec): Mapping {
  return {
    crmKind: spec.crm,
    fields: spec.fields.map(compileField),
    shareWhen: (crm) => spec.share.values.includes((crm[spec.share.field] ?? null) as never),
    newReferral: () => spec.newReferral,
    newDeal: spec.newDeal,
    ...(spec.holding === undefined
      ? {}
      : { holding: { crmField: spec.holding.field, value: spec.holding.value } }),
  };
}

/** Reads and compiles a mapping file. Errors: MappingError. */
export function loadMapping(text: string, fileName?: string): Mapping {
  return compileMapping(parseMapping(text, fileName));
}
