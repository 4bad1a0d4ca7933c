import type { CrmCapabilities, CrmFields, CrmStep, CrmValue, CrmWrite } from "./port.ts";

/** What is to be written to one deal. */
export interface CrmWriteOrder {
  /** The deal's external id: the referral's id. */
  readonly key: string;
  /**
   * Names this attempt: the steps of a repeated attempt have the same keys, so that finished ones
   * aren't done again.
   */
  readonly attempt: string;
  /** Absent on create. */
  readonly recordId?: string;
  /** The version that the values were planned on; absent on create and where the CRM has none. */
  readonly expectedVersion?: string;
  readonly fields: CrmFields;
}

type Part = CrmCapabilities["parts"][number];

function belongs(field: string, { prefix }: Part): boolean {
  return field === prefix || (prefix.endsWith(".") && field.startsWith(prefix));
}

/**
 * The part that a field is written with: the longest prefix that fits, else the part without a
 * prefix.
 */
export function partOf(field: string, parts: readonly Part[]): Part | undefined {
  const fitting = parts.filter((part) => part.prefix !== "" && belongs(field, part));
  return fitting.reduce<Part | undefined>(
    (longest, part) => (part.prefix.length > (longest?.prefix.length ?? -1) ? part : longest),
    parts.find(({ prefix }) => prefix === ""),
  );
}

/**
 * Divides changed fields into the ordered, keyed steps that the CRM wants. Pure.
 *
 * A new deal always gets the step of the deal itself, so that a write without any of its own
 * fields still makes it. Throws RangeError where no part takes a field: the mapping and the
 * adapter don't fit each other.
 */
export function planCrmWrite(
  order: CrmWriteOrder,
  capabilities: Pick<CrmCapabilities, "kind" | "parts">,
): CrmWrite {
  const { key, attempt, recordId, expectedVersion, fields } = order;
  const byPart = new Map<string, Record<string, CrmValue>>();
  for (const [field, value] of Object.entries(fields)) {
    const part = partOf(field, capabilities.parts);
    if (!part) throw new RangeError(`no part of a ${capabilities.kind} deal takes "${field}"`);
    byPart.set(part.name, { ...byPart.get(part.name), [field]: value });
  }
  const steps = capabilities.parts.flatMap(({ name, prefix }): readonly CrmStep[] => {
    const isNewDeal = prefix === "" && recordId === undefined;
    const values = byPart.get(name) ?? (isNewDeal ? {} : undefined);
    if (!values) return [];
    return [
      {
        part: name,
        key: `${attempt}/${name}`,
        fields: values,
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      },
    ];
  });
  return { key, ...(recordId === undefined ? {} : { recordId }), steps };
}
