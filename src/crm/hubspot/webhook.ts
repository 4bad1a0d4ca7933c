import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../runtime/index.ts";
import type { CrmWebhook, CrmWebhookVerdict } from "../webhook-port.ts";

const oldestMs = 5 * 60_000;

/** Characters that HubSpot signs decoded (its documentation of signature version 3). */
const decodedCharacters: Readonly<Record<string, string>> = {
  "%3A": ":",
  "%2F": "/",
  "%3F": "?",
  "%40": "@",
  "%21": "!",
  "%24": "$",
  "%27": "'",
  "%28": "(",
  "%29": ")",
  "%2A": "*",
  "%2C": ",",
  "%3B": ";",
};

function signedUrl(url: string): string {
  return url.replaceAll(/%[0-9A-F]{2}/gi, (code) => decodedCharacters[code.toUpperCase()] ?? code);
}

interface WebhookEvent {
  readonly subscriptionType?: unknown;
  readonly objectId?: unknown;
}

function hintsOf(rawBody: string): CrmWebhookVerdict {
  let events: unknown;
  try {
    events = JSON.parse(rawBody);
  } catch {
    return { ok: false, reason: "the body is not JSON" };
  }
  if (!Array.isArray(events)) return { ok: false, reason: "the body is no list of events" };
  const list = events as readonly WebhookEvent[];
  const isOfDeal = ({ subscriptionType }: WebhookEvent): boolean =>
    String(subscriptionType).startsWith("deal.");
  const ids = list.filter(isOfDeal).map(({ objectId }) => String(objectId));
  return {
    ok: true,
    recordIds: [...new Set(ids)].filter((id) => /^\d{1,19}$/.test(id)),
  };
}

/** What HubSpot's webhooks are checked with. */
export interface HubSpotWebhookOptions {
  /** The app's secret. */
  readonly clientSecret: string;
  /** The whole address that is registered in the app: it is signed too. */
  readonly url: string;
  readonly clock: Clock;
}

/**
 * Creates a verifier of HubSpot's webhooks, signature version 3: HMAC-SHA256 of method, address,
 * raw body and timestamp with the app's secret. One that is older than five minutes isn't believed.
 */
export function hubSpotWebhook(options: HubSpotWebhookOptions): CrmWebhook {
  const url = signedUrl(options.url);
  return ({ headers, method, rawBody }) => {
    const signature = headers["x-hubspot-signature-v3"];
    const timestamp = headers["x-hubspot-request-timestamp"];
    if (signature === undefined || timestamp === undefined) {
      return { ok: false, reason: "the signature or its timestamp is missing" };
    }
    const ageMs = options.clock.now() - Number(timestamp);
    if (!/^\d+$/.test(timestamp) || Math.abs(ageMs) > oldestMs) {
      return { ok: false, reason: "the timestamp is more than five minutes away" };
    }
    const text = method + url + rawBody + timestamp;
    const expected = createHmac("sha256", options.clientSecret).update(text, "utf8").digest();
    const given = Buffer.from(signature, "base64");
    const isRight = given.length === expected.length && timingSafeEqual(given, expected);
    return isRight ? hintsOf(rawBody) : { ok: false, reason: "the signature is wrong" };
  };
}
