import type { PatchOperation, Referral } from "../contract/index.ts";
import { type Endpoint, referralUrl } from "./endpoint.ts";
import type { PatchOptions } from "./port.ts";
import { patchCall } from "./referrals-port.ts";
import type { Call } from "./transport.ts";

/** A deal registration as it is sent; `type` is AzureIPCoSell unless said otherwise. */
export type DealRegistration = NonNullable<Referral["registrations"]>[number];

/**
 * What a registration's correction may name; the contract's patch list says which fields the
 * service takes.
 */
export type DealRegistrationChanges = Pick<DealRegistration, "contract" | "solutionDetails">;

/** A call, and what it writes. */
export interface RegistrationCall {
  readonly call: Call;
  readonly operations: readonly PatchOperation[];
}

/**
 * PATCH `{id}/`: appends a registration. The slash at the end is what tells it from a plain patch.
 */
export function dealRegistrationCall(
  endpoint: Endpoint,
  id: string,
  registration: DealRegistration,
  options: PatchOptions,
): RegistrationCall {
  const value = { type: "AzureIPCoSell", ...registration };
  const operations: readonly PatchOperation[] = [{ op: "add", path: "/registrations/-", value }];
  return { operations, call: slashed(endpoint, id, "/", operations, options) };
}

/** PATCH `{id}//`: corrects single fields of the registration at an index, by default 0. */
export function dealRegistrationUpdateCall(
  endpoint: Endpoint,
  id: string,
  changes: DealRegistrationChanges,
  options: PatchOptions & { readonly index?: number },
): RegistrationCall {
  const operations = leaves(changes, `/registrations/${options.index ?? 0}`);
  return { operations, call: slashed(endpoint, id, "//", operations, options) };
}

function slashed(
  endpoint: Endpoint,
  id: string,
  slashes: "/" | "//",
  operations: readonly PatchOperation[],
  options: PatchOptions,
): Call {
  const call = patchCall(endpoint, id, operations, options);
  return { ...call, url: `${referralUrl(endpoint, id)}${slashes}` };
}

/**
 * One operation per value. `add` also replaces (RFC 6902 4.1), so that it doesn't matter if the
 * field was there.
 */
function leaves(value: unknown, path: string): readonly PatchOperation[] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null) return [{ op: "add", path, value }];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}/${name}`));
}
