import { createHmac, hkdfSync } from "node:crypto";
import type { TokenKey } from "../../../client/index.ts";

const secretBytes = 32;

/**
 * The secret that a subscription's notifications are signed with, in the form of the Standard
 * Webhooks specification. It is derived from the gateway's key, so that it is kept nowhere.
 */
export function signingSecret(key: TokenKey, subscriptionId: string): string {
  const purpose = `partner-referrals trigger ${subscriptionId}`;
  const bytes = hkdfSync("sha256", key.bytes, "", purpose, secretBytes);
  return `whsec_${Buffer.from(bytes).toString("base64")}`;
}

/** The signature headers of a notification: an id that stays over repetitions, time, HMAC. */
export function signatureHeaders(
  secret: string,
  id: string,
  now: number,
  body: string,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${hmac}`,
  };
}
