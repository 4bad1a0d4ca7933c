/** A referral as the model service stores it: plain JSON, in the contract's spelling. */
export type ReferralDocument = Record<string, unknown> & {
  readonly id: string;
  readonly engagementId: string;
  readonly createdDateTime: string;
  readonly updatedDateTime: string;
  readonly status: string;
  readonly substatus: string;
  readonly eTag: string;
};

type Json = Record<string, unknown>;

const serverOwned = new Set([
  "id",
  "engagementId",
  "organizationId",
  "organizationName",
  "createdDateTime",
  "updatedDateTime",
  "expirationDateTime",
  "acceptedDateTime",
  "closedDateTime",
  "eTag",
  "links",
  "trackingInfo",
  "direction",
]);

/** What a PATCH may name, after the connector's own list. */
const patchablePaths = [
  "campaignId|externalReferenceId|referralProgram|salesStage|status|substatus|statusReason|team",
  "consent/consentToShareReferralWithMicrosoftSellers",
  "customerProfile/team",
  "details/(?:closingDateTime|currency|dealValue|notes|requirements/solutions)",
];
const patchable = new RegExp(`^/(?:${patchablePaths.join("|")})(?:/-)?$`);

/**
 * How the service stores what it was told: each of these is a way in which an answer differs from
 * its request.
 */
export interface Normalisation {
  /** Text is trimmed. */
  readonly trims: boolean;
  /** Currencies become upper case. */
  readonly upperCasesCurrency: boolean;
  /** Amounts keep two decimals. */
  readonly roundsAmounts: boolean;
}

/**
 * The legal next states of a status: domain knowledge of the service, kept apart from the
 * product's own table.
 */
const nextStates: Readonly<Record<string, readonly string[]>> = {
  "New/Pending": [
    "New/Received",
    "Active/Accepted",
    "Closed/Declined",
    "Closed/Expired",
    "Closed/Won",
    "Closed/Lost",
  ],
  "New/Received": [
    "New/Pending",
    "Active/Accepted",
    "Closed/Declined",
    "Closed/Expired",
    "Closed/Won",
    "Closed/Lost",
  ],
  "Active/Accepted": ["Closed/Won", "Closed/Lost", "Closed/Declined", "Closed/Expired"],
};

/** `status/substatus` of a document. */
export function stateOf(document: Json): string {
  return `${String(document.status)}/${String(document.substatus)}`;
}

/** True where the service would accept the move; staying is not a move. */
export function isLegalMove(from: string, to: string): boolean {
  return from === to || (nextStates[from]?.includes(to) ?? false);
}

/** A copy of `document` with the value at `pointer` set; parents appear as needed, `/-` appends. */
export function withValue(document: Json, pointer: string, value: unknown): Json {
  const [head = "", ...rest] = pointer.split("/").slice(1);
  return setAt(document, head, rest, value);
}

function setAt(parent: Json, head: string, rest: readonly string[], value: unknown): Json {
  const [next, ...after] = rest;
  if (next === undefined) return { ...parent, [head]: value };
  const child = parent[head];
  if (next === "-") return { ...parent, [head]: [...(Array.isArray(child) ? child : []), value] };
  return { ...parent, [head]: setAt(isObject(child) ? child : {}, next, after, value) };
}

/** The value at a pointer, or undefined. */
export function valueAt(document: Json, pointer: string): unknown {
  let value: unknown = document;
  for (const part of pointer.split("/").slice(1)) {
    value = isObject(value) ? value[part] : undefined;
  }
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Carries out a PATCH body on a copy; a text says why it is refused. */
export function patched(document: Json, operations: unknown): Json | string {
  if (!Array.isArray(operations)) return "the body is not an array of operations";
  let result = document;
  for (const operation of operations as readonly Json[]) {
    const path = String(operation.path);
    const kind = operation.op ?? "replace";
    if (kind !== "add" && kind !== "replace") return `operation ${String(kind)} is not allowed`;
    if (!patchable.test(path)) return `path ${path} can't be patched`;
    result = withValue(result, path, operation.value);
  }
  return result;
}

/** What a PUT or POST body contributes: everything that the server doesn't own. */
export function writableParts(body: Json): Json {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !serverOwned.has(name)));
}

/** The document as the service would store it. */
export function normalised(document: Json, how: Normalisation): Json {
  const details = isObject(document.details) ? { ...document.details } : {};
  if (how.trims && typeof details.notes === "string") details.notes = details.notes.trim();
  if (how.upperCasesCurrency && typeof details.currency === "string") {
    details.currency = details.currency.toUpperCase();
  }
  if (how.roundsAmounts && typeof details.dealValue === "number") {
    details.dealValue = Math.round(details.dealValue * 100) / 100;
  }
  const name =
    how.trims && typeof document.name === "string" ? document.name.trim() : document.name;
  return { ...document, ...(name === undefined ? {} : { name }), details };
}

/** True once a referral is in a final state. */
export function isClosed(document: Json): boolean {
  return document.status === "Closed";
}
