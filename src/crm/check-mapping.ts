import { patchPaths } from "../contract/index.ts";
import type { ValueFault } from "../runtime/index.ts";
import { computedValue, ExpressionError } from "./computed-value.ts";
import type { FieldSpec, MappingSpec } from "./mapping-schema.ts";

const patchable = new Set(patchPaths.map(({ path }) => path));

function referralOf(field: FieldSpec): string | undefined {
  return "referral" in field ? field.referral : undefined;
}

function crmOf(field: FieldSpec): string | undefined {
  return "crm" in field ? field.crm : undefined;
}

function writesReferral(field: FieldSpec): boolean {
  if (!("lens" in field)) return "referral" in field;
  return field.direction !== "to-crm";
}

function writesCrm(field: FieldSpec): boolean {
  if (!("lens" in field)) return "crm" in field;
  return field.direction !== "to-referral";
}

/** Later fields that take what an earlier one has taken. */
function repeated(
  fields: readonly FieldSpec[],
  property: string,
  keyOf: (field: FieldSpec) => string | undefined,
  what: string,
): readonly ValueFault[] {
  const first = new Map<string, string>();
  return fields.flatMap((field, index): readonly ValueFault[] => {
    const key = keyOf(field);
    if (key === undefined) return [];
    const holder = first.get(key);
    if (holder === undefined) {
      first.set(key, field.name);
      return [];
    }
    const reason = `${what} "${key}" is taken by the field ${holder}`;
    return [{ path: ["fields", index, property], reason, remedy: "keep one of the two" }];
  });
}

function checkWrite(field: FieldSpec, index: number): readonly ValueFault[] {
  const path = referralOf(field);
  if (path === undefined || !writesReferral(field)) return [];
  if (field.write !== "patch" || patchable.has(path)) return [];
  return [
    {
      path: ["fields", index, "referral"],
      reason: `${path} is not in Partner Center's list of paths that a PATCH may change`,
      remedy: "say `write: put` or `write: create`, or `direction: to-crm`",
    },
  ];
}

function checkValues(field: FieldSpec, index: number): readonly ValueFault[] {
  if (!("lens" in field)) return [];
  const { lens } = field;
  const isStatus = field.referral === "/status";
  const faults: ValueFault[] = [];
  if (isStatus !== (lens.kind === "stage")) {
    faults.push({
      path: ["fields", index, "lens"],
      reason: isStatus ? "/status needs the lens stage" : "the lens stage is for /status only",
      remedy: isStatus ? "say `lens: {kind: stage, values: […]}`" : "use the lens picklist",
    });
  }
  if (lens.kind !== "picklist" && lens.kind !== "stage") return faults;
  for (const side of ["crm", "referral"] as const) {
    const taken = new Set<unknown>();
    for (const [row, { [side]: values }] of lens.values.entries()) {
      for (const value of values) {
        if (taken.has(value)) {
          faults.push({
            path: ["fields", index, "lens", "values", row, side],
            reason: `${JSON.stringify(value)} stands in two rows`,
            remedy: "keep it in one row: a value can mean one thing only",
          });
        }
        taken.add(value);
      }
    }
  }
  return faults;
}

function checkExpression(
  expression: string,
  path: readonly (string | number)[],
): readonly ValueFault[] {
  try {
    computedValue(expression);
    return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return [{ path, reason: error.message, remedy: "correct the JSONata expression" }];
  }
}

function expressionFaults(spec: MappingSpec): readonly ValueFault[] {
  const inFields = spec.fields.flatMap((field, index) =>
    "expression" in field ? checkExpression(field.expression, ["fields", index, "expression"]) : [],
  );
  const inNew = Object.entries(spec.newReferral).flatMap(([path, value]) => {
    const isComputed = value !== null && typeof value === "object" && "expression" in value;
    return isComputed && typeof value.expression === "string"
      ? checkExpression(value.expression, ["newReferral", path, "expression"])
      : [];
  });
  return [...inFields, ...inNew];
}

function checkHolding(spec: MappingSpec): readonly ValueFault[] {
  if (!spec.holding) return [];
  const status = spec.fields.find((field) => referralOf(field) === "/status");
  if (status && crmOf(status) === spec.holding.field) return [];
  return [
    {
      path: ["holding", "field"],
      reason: "the holding stage must be a value of the CRM field that is mapped to /status",
      remedy: status ? `say \`field: ${crmOf(status)}\`` : "map a CRM field to /status",
    },
  ];
}

/** Every fault of a mapping that its form alone doesn't show. */
export function checkMapping(spec: MappingSpec): readonly ValueFault[] {
  const { fields } = spec;
  return [
    ...repeated(fields, "name", ({ name }) => name, "the name"),
    ...repeated(
      fields,
      "referral",
      (field) => (writesReferral(field) ? referralOf(field) : undefined),
      "the referral's",
    ),
    ...repeated(
      fields,
      "crm",
      (field) => (writesCrm(field) ? crmOf(field) : undefined),
      "the CRM's",
    ),
    ...fields.flatMap(checkWrite),
    ...fields.flatMap(checkValues),
    ...expressionFaults(spec),
    ...checkHolding(spec),
  ];
}
