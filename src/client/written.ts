import { fields, type PatchOperation, type Referral } from "../contract/index.ts";

/**
 * Whether a referral already holds what was to be written. It decides, after a repeated conditional
 * write met 412, if the first send had been carried out after all. "Holds" is one-sided: the
 * service may add properties (an id to a new team member) and write the same number or moment in
 * another form, but nothing that was sent may be missing.
 */
export function holdsPatch(current: Referral, operations: readonly PatchOperation[]): boolean {
  const lastByPath = new Map(operations.map((operation) => [operation.path, operation]));
  return operations.every((operation) => {
    if (operation.path.endsWith("/-")) {
      const list = valueAt(current, operation.path.slice(0, -2));
      return Array.isArray(list) && list.some((item) => holds(item, operation.value));
    }
    const isLast = lastByPath.get(operation.path) === operation;
    return !isLast || holds(valueAt(current, operation.path), operation.value);
  });
}

const putFields = fields
  .filter(({ path, write }) => !path.includes(".") && write.includes("put"))
  .map(({ path }) => path);

/**
 * Whether a referral already holds what a PUT was to write; what only the server sets is left
 * aside.
 */
export function holdsUpdate(current: Referral, sent: Referral): boolean {
  const now = current as Readonly<Record<string, unknown>>;
  const then = sent as Readonly<Record<string, unknown>>;
  return putFields.every((name) => then[name] === undefined || holds(now[name], then[name]));
}

function valueAt(document: unknown, pointer: string): unknown {
  const steps = pointer.split("/").slice(1);
  return steps.reduce<unknown>((value, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return typeof value === "object" && value !== null && Object.hasOwn(value, name)
      ? (value as Readonly<Record<string, unknown>>)[name]
      : undefined;
  }, document);
}

function holds(actual: unknown, expected: unknown): boolean {
  if (expected === null || expected === undefined) return actual === null || actual === undefined;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => holds(actual[index], item))
    );
  }
  if (typeof expected === "object") {
    return (
      typeof actual === "object" &&
      actual !== null &&
      Object.entries(expected).every(([name, value]) =>
        holds((actual as Readonly<Record<string, unknown>>)[name], value),
      )
    );
  }
  return actual === expected || sameNumber(actual, expected) || sameMoment(actual, expected);
}

const numberText = /^-?\d+(?:\.\d+)?$/;
const dateText = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[-+]\d{2}:\d{2})?)?$/;

function sameNumber(actual: unknown, expected: unknown): boolean {
  const isNumeric = (value: unknown): boolean =>
    typeof value === "number" || (typeof value === "string" && numberText.test(value));
  // Two texts are compared as texts: "007" and "7" may be different ids.
  if (typeof actual === "string" && typeof expected === "string") return false;
  return isNumeric(actual) && isNumeric(expected) && Number(actual) === Number(expected);
}

function sameMoment(actual: unknown, expected: unknown): boolean {
  if (typeof actual !== "string" || typeof expected !== "string") return false;
  if (!dateText.test(actual) || !dateText.test(expected)) return false;
  return Date.parse(actual) === Date.parse(expected);
}
