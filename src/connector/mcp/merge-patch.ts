const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A document with changes merged into it (RFC 7396): objects member by member, anything else as a
 * whole. Unlike there, null is kept, since the contract knows it as a value.
 */
export function mergePatch(target: unknown, changes: unknown): unknown {
  if (!isObject(changes)) return changes;
  const merged = new Map<string, unknown>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(changes)) {
    merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}
