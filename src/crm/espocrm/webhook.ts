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

interface Signed {
  readonly id: string;
  readonly hash: Buffer;
}

/** The webhook's id, a colon and a hash, in base64. */
function signedWith(header: string | undefined, encoding: "latin1" | "hex"): Signed | undefined {
  const given = Buffer.from(header ?? "", "base64");
  const colon = given.indexOf(":");
  if (colon < 1) return undefined;
  const hash = given.subarray(colon + 1).toString("latin1");
  return { id: given.subarray(0, colon).toString("latin1"), hash: Buffer.from(hash, encoding) };
}

/**
 * Creates a verifier of EspoCRM's webhooks, whose records are hints alone. Since 9 `Signature`
 * holds the HMAC-SHA256 of the body under the webhook's secret key in hexadecimal digits;
 * `X-Signature`, all that 8 sends, holds its bytes.
 */
export function espoWebhook({ secrets }: EspoWebhookOptions): CrmWebhook {
  return ({ headers, method, rawBody }) => {
    if (method !== "POST") return { ok: false, reason: "webhooks are posted" };
    const given =
      signedWith(headers.signature, "hex") ?? signedWith(headers["x-signature"], "latin1");
    const secret = given && Object.hasOwn(secrets, given.id) ? secrets[given.id] : undefined;
    if (secret === undefined || given === undefined) {
      return { ok: false, reason: "no webhook of ours has signed it" };
    }
    const expected = createHmac("sha256", secret).update(rawBody, "utf8").digest();
    const isTrue = given.hash.length === expected.length && timingSafeEqual(given.hash, expected);
    return isTrue ? hintsOf(rawBody) : { ok: false, reason: "the signature doesn't fit the body" };
  };
}
