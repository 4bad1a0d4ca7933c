import {
  type MappingFault,
  type MappingLine,
  type MappingPreview,
  type MappingView,
  patchPaths,
  fields as referralFields,
} from "../../contract/index.ts";
import {
  compileMapping,
  type LensResult,
  type MappedField,
  type Mapping,
  type MappingSpec,
  parseMapping,
} from "../../crm/index.ts";
import { YamlFileError } from "../../runtime/index.ts";
import { createProjection, type Pair } from "../../sync/index.ts";
import { diffLines } from "./diff-lines.ts";

const lenses = ["text", "decimal", "date", "country", "currency", "boolean", "same"] as const;

/** A mapping's text, understood as far as it can be. */
export interface ReadMapping {
  readonly spec: MappingSpec | undefined;
  readonly mapping: Mapping | undefined;
  readonly faults: readonly MappingFault[];
}

/** Reads a mapping's text; what is wrong with it is told, not thrown. */
export function readMappingText(text: string, fileName: string): ReadMapping {
  try {
    const spec = parseMapping(text, fileName);
    return { spec, mapping: compileMapping(spec), faults: [] };
  } catch (error) {
    if (!(error instanceof YamlFileError)) throw error;
    const faults = error.problems.map(({ line, path, reason, remedy }) => {
      return { line, sentence: `${path ? `${path}: ` : ""}${reason}; ${remedy}` };
    });
    return { spec: undefined, mapping: undefined, faults };
  }
}

/** The lines of a mapping as the page shows them. */
export function mappingLines(spec: MappingSpec | undefined): readonly MappingLine[] {
  return (spec?.fields ?? []).map((field, index): MappingLine => {
    const base = {
      name: field.name,
      label: field.label,
      index,
      policy: field.policy,
      write: field.write,
      required: field.required,
      consent: field.consent,
    };
    if ("lens" in field) {
      const { crm, referral, direction, lens } = field;
      return { ...base, crm, referral, direction, lens: lens.kind };
    }
    const { expression } = field;
    return "referral" in field
      ? {
          ...base,
          referral: field.referral,
          expression,
          direction: "to-referral",
          lens: "computed",
        }
      : { ...base, crm: field.crm, expression, direction: "to-crm", lens: "computed" };
  });
}

const patchable = new Set(patchPaths.map(({ path }) => path));

/** The mapping with what it could be made of. */
export function mappingView(parts: {
  readonly path: string;
  readonly text: string;
  readonly canSave: boolean;
  readonly crmFields: readonly string[];
}): MappingView {
  const { spec } = readMappingText(parts.text, parts.path);
  return {
    ...parts,
    lines: mappingLines(spec),
    lenses,
    referralFields: referralFields
      .filter(({ pointer }) => !pointer.includes("*") && !pointer.startsWith("/@"))
      .map(({ pointer }) => ({ path: pointer, isPatchable: patchable.has(pointer) })),
  };
}

type Outcome = MappingPreview["values"][number]["toCrm"];

function outcome<Value>(result: LensResult<Value>): Outcome {
  return result.ok
    ? { value: (result.value ?? null) as Outcome["value"] & {} }
    : { refusal: `${result.reason} → ${result.remedy}` };
}

function throughField(mapping: Mapping, field: MappedField, pair: Pair) {
  const projection = createProjection(mapping);
  const [referral, record] = [pair.referral?.document, pair.crm?.document];
  const crm = record ? (projection.crmValues(record)[field.name] ?? null) : null;
  const theirs = referral ? (projection.referralValues(referral)[field.name] ?? null) : null;
  const context = projection.context(referral, record);
  const toCrm = field.lens.toCrm(theirs, crm, context);
  const toReferral = field.lens.toReferral(crm, theirs, context);
  const isSame =
    (toCrm.ok && field.lens.sameInCrm(toCrm.value, crm)) ||
    (toReferral.ok && field.lens.sameInReferral(toReferral.value, theirs));
  return {
    field: field.name,
    crm,
    referral: theirs,
    toCrm: field.direction === "to-referral" ? {} : outcome(toCrm),
    toReferral: field.direction === "to-crm" ? {} : outcome(toReferral),
    isSame,
  };
}

/** What a changed text would look like, and do to one deal. */
export function previewMapping(
  before: string,
  text: string,
  pair: Pair | undefined,
  fileName: string,
): MappingPreview {
  const { spec, mapping, faults } = readMappingText(text, fileName);
  const values =
    mapping && pair ? mapping.fields.map((one) => throughField(mapping, one, pair)) : [];
  return { text, faults, values, lines: mappingLines(spec), diff: diffLines(before, text) };
}
