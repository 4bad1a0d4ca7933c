import { fields, type Referral } from "../../contract/index.ts";

/** What a referral may hold that nobody stores: it is put together when a referral is sent. */
const composedNames = ["@odata.context", "links", "relatedReferrals"];

const topLevel = fields.filter(({ path }) => !path.slice(1).includes(".") && path !== "");

const namesNotWrittenBy = (call: "create" | "put"): readonly string[] =>
  topLevel.filter(({ write }) => !write.includes(call)).map(({ path }) => path);

/** The properties that the service sets itself, whatever a call says. */
const keptFrom: Readonly<Record<"create" | "put", ReadonlySet<string>>> = {
  create: new Set(namesNotWrittenBy("create")),
  put: new Set(namesNotWrittenBy("put")),
};

const composed: ReadonlySet<string> = new Set(composedNames);

type Properties = Readonly<Record<string, unknown>>;

const pick = (from: Properties, keeps: (name: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => keeps(name)));

/** The input without what belongs to the service. */
export function callersPart(input: Referral, call: "create" | "put"): Referral {
  return pick(input, (name) => !keptFrom[call].has(name) && !composed.has(name));
}

/** What of a stored referral an update of the whole can't change. */
export function servicesPart(stored: Referral): Referral {
  return pick(stored, (name) => keptFrom.put.has(name) && !composed.has(name));
}
