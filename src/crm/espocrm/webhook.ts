import { createHmac, timingSafeEqual } from "node:crypto";
import type { CrmWebhook, CrmWebhookVerdict } from "../webhook-port.ts";

/** What EspoCRM's webhooks are checked with. */
export interface EspoWebhookOptions {
  /** Secret keys by the ids of the webhooks that may call. */
  readonly secrets: Readonly<Record<string, string>>;
}

function hintsOf(rawBody: string): CrmWebhookVerdict {
  let records: unknown;
  try {
    records = JSON.parse(rawBody);
  } catch {
    return { ok: false, reason: "the body is not JSON" };
  }
  if (!Array.isArray(records)) return { ok: false, reason: "the body is no list of records" };
  const ids = (records as readonly { readonly id?: unknown }[]).map((record) => String(record?.id));
  return { ok: true, recordIds: [...new Set(ids)].filter((id) => /^[\w-]{1,36}$/.test(id)) };
}

/**
 * Creates a verifier of EspoCRM's webhooks. `X-Signature` is the base64 of the webhook's id, a
 * colon,
 * and the raw HMAC-SHA256 of the body under the webhook's secret key. The records are hints alone.
 */
export function espoWebhook({ secrets }: EspoWebhookOptions): CrmWebhook {
  return ({ headers, method, rawBody }) => {
    if (method !== "POST") return { ok: false, reason: "webhooks are posted" };
    const given = Buffer.from(headers["x-signature"] ?? "", "base64");
    const colon = given.indexOf(":");
    const id = given.subarray(0, Math.max(0, colon)).toString("latin1");
    const secret = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
    if (secret === undefined) return { ok: false, reason: "no webhook of ours has signed it" };
    const expected = createHmac("sha256", secret).update(rawBody, "utf8").digest();
    const found = given.subarray(colon + 1);
    const isTrue = found.length === expected.length && timingSafeEqual(found, expected);
    return isTrue ? hintsOf(rawBody) : { ok: false, reason: "the signature doesn't fit the body" };
  };
}
