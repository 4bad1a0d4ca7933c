import type { Referral } from "./referral.ts";
import { referralTree } from "./tree.ts";

const serversNames = (call: "create" | "put"): ReadonlySet<string> =>
  new Set(referralTree.fields.filter(({ write }) => !write.includes(call)).map(({ name }) => name));

const serversNamesByCall = { create: serversNames("create"), put: serversNames("put") };

const partOf = (referral: Referral, keep: (name: string) => boolean): Referral =>
  Object.fromEntries(Object.entries(referral).filter(([name]) => keep(name))) as Referral;

/** What a caller may set by such a call: its own fields, and properties that nobody knows. */
export const callersPart = (referral: Referral, call: "create" | "put"): Referral =>
  partOf(referral, (name) => !serversNamesByCall[call].has(name));

/** What such a call leaves as it is, whatever the caller sends: the fields of the server. */
export const serversPart = (referral: Referral, call: "create" | "put"): Referral =>
  partOf(referral, (name) => serversNamesByCall[call].has(name));
