import type { Random } from "../../runtime/index.ts";
import type { DocumentStore } from "../../storage/port.ts";

/** The secret of the admin API: made at the first start, the same after a restart. */
export function adminSecret(store: DocumentStore, random: Random): Promise<string> {
  const fresh = Buffer.from(random.bytes(24)).toString("base64url");
  return store.putFirst("sandbox", "admin-secret", fresh);
}
