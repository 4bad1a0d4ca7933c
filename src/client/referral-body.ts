import type { Referral } from "../contract/index.ts";

/**
 * A PUT's body: everything that was received, unknown properties included, but for `links`, which
 * the service refuses.
 */
export function bodyForUpdate(referral: Referral): Referral {
  const { links: _links, ...body } = referral;
  return body;
}
