/** The namespace of the ids that this adapter chooses; random, and the same for ever. */
const namespace = "7d1c6f52-40f5-4c55-9a3e-6f6ad2a1b0c4";

/**
 * A GUID that follows from a name (UUID version 5, RFC 9562 5.5): a row that is created twice
 * under it is one row, however often a request is repeated.
 */
export async function stableId(name: string): Promise<string> {
  const space = Uint8Array.from(namespace.replaceAll("-", "").match(/../g) ?? [], (byte) =>
    Number.parseInt(byte, 16),
  );
  const text = new TextEncoder().encode(name);
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-1", new Uint8Array([...space, ...text])),
  );
  const bytes = hash.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
