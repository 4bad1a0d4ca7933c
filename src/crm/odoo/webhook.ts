import { createHash, timingSafeEqual } from "node:crypto";
import type { CrmWebhook } from "../webhook-port.ts";

/**
 * Odoo sends its webhooks within the transaction that changes the deal, and gives them a second: a
 * poll may see the change when the transaction has ended.
 */
const commitMs = 2_000;

/** What Odoo's webhooks are known by. */
export interface OdooWebhookOptions {
  /** The secret that ends the address in the automation rule. */
  readonly token: string;
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/**
 * Creates a verifier of Odoo's webhooks. They are unsigned, and whoever learns the address can send
 * them, so the body is not even read: a message is no more than a reason to poll sooner.
 */
export function odooWebhook({ token }: OdooWebhookOptions): CrmWebhook {
  const expected = digestOf(token);
  return ({ method, token: given }) => {
    if (method !== "POST") return { ok: false, reason: "webhooks are posted" };
    const isKnown = given !== undefined && timingSafeEqual(digestOf(given), expected);
    if (!isKnown) return { ok: false, reason: "the address doesn't end in the secret" };
    return { ok: true, recordIds: [], pollInMs: commitMs };
  };
}
