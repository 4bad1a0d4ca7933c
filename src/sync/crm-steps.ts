import type { CrmCapabilities, CrmFields, CrmStep, CrmValue } from "../crm/port.ts";

/** The part of a record that a field belongs to: the one with the longest prefix that fits. */
function partOf(parts: CrmCapabilities["parts"], field: string): string {
  let best = parts[0];
  for (const part of parts) {
    const isCloser = !best || part.prefix.length >= best.prefix.length;
    if (field.startsWith(part.prefix) && (isCloser || !field.startsWith(best?.prefix ?? ""))) {
      best = part;
    }
  }
  return best?.name ?? "record";
}

/** Splits fields into one step per part, in the order in which the CRM wants them written. */
export function stepsOf(
  capabilities: Pick<CrmCapabilities, "parts">,
  attemptId: string,
  fields: CrmFields,
  expectedVersion: string,
): readonly CrmStep[] {
  const byPart = new Map<string, Record<string, CrmValue>>();
  for (const [name, value] of Object.entries(fields)) {
    const part = partOf(capabilities.parts, name);
    const values = byPart.get(part) ?? {};
    values[name] = value;
    byPart.set(part, values);
  }
  return capabilities.parts.flatMap(({ name }) => {
    const values = byPart.get(name);
    if (!values) return [];
    const step = { part: name, key: `${attemptId}:${name}`, fields: values };
    return expectedVersion === "" ? [step] : [{ ...step, expectedVersion }];
  });
}
