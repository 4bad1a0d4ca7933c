/** What a Prefer header asks for (RFC 7240), as far as the service knows it. */
export interface Preferences {
  readonly returnsRepresentation: boolean;
  readonly maxPageSize?: number;
}

const none: Preferences = { returnsRepresentation: false };

/**
 * Reads a Prefer header. What it doesn't know is ignored, as the RFC demands; so is a page size
 * that is no number.
 */
export function parsePreferences(header: string | string[] | undefined): Preferences {
  if (header === undefined) return none;
  const values = new Map<string, string>();
  for (const preference of String(header).split(",")) {
    const [name = "", value = ""] = preference.split(";", 1)[0]?.split("=") ?? [];
    const key = name
      .trim()
      .toLowerCase()
      .replace(/^odata\./, "");
    // RFC 7240 section 2: the first of a repeated preference counts.
    if (!values.has(key)) values.set(key, value.trim().replace(/^"|"$/g, ""));
  }
  const size = values.get("maxpagesize") ?? "";
  return {
    returnsRepresentation: values.get("return")?.toLowerCase() === "representation",
    ...(/^[1-9]\d{0,8}$/.test(size) ? { maxPageSize: Number(size) } : {}),
  };
}
