import {
  type DealProperties,
  type DealRow,
  expiresAt,
  type PlainValue,
  type Referral,
} from "../../contract/index.ts";
import type { Pair, Projection } from "../../sync/index.ts";
import { dealSummary, type SideValues, sideValues } from "./deal-view.ts";

const textOrNull = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null;

function amountOrNull(value: unknown): number | null {
  const amount = typeof value === "string" ? Number(value) : value;
  return typeof amount === "number" && Number.isFinite(amount) ? amount : null;
}

/** A moment as an indexed column and OData take it: ISO 8601 in UTC with seven digits. */
export function stampOrNull(value: unknown): string | null {
  const moment = typeof value === "number" ? value : Date.parse(String(value ?? ""));
  return Number.isNaN(moment) ? null : new Date(moment).toISOString().replace("Z", "0000Z");
}

const later = (left: string | null, right: string | null): string | null =>
  left !== null && (right === null || left > right) ? left : right;

const expiryOf = (referral: Referral | undefined): string | null =>
  stampOrNull(referral ? (expiresAt(referral) ?? null) : null);

/** When the oldest change was seen that isn't carried over yet; undefined where all is at rest. */
export function pendingSince(pair: Pair): number | undefined {
  const isMoving = pair.due !== undefined && !pair.paused;
  const changes = [pair.crm, pair.referral].flatMap((side) =>
    Object.entries(side?.changes ?? {}).filter(([field]) => !pair.parked[field]),
  );
  if (!isMoving && pair.attempt === undefined) return undefined;
  const moments = changes.map(([, change]) => change.by);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

function propertiesOf(pair: Pair, { crm, referral }: SideValues, title: string): DealProperties {
  const document = pair.referral?.document;
  const either = (name: string): PlainValue => referral[name] ?? crm[name] ?? null;
  return {
    id: pair.id,
    title,
    customer: textOrNull(document?.customerProfile?.name ?? either("customerName")),
    state: pair.state,
    crmValue: amountOrNull(crm.dealValue),
    referralValue: amountOrNull(referral.dealValue ?? document?.details?.dealValue),
    currency: textOrNull(document?.details?.currency ?? either("currency")),
    status: textOrNull(document?.status),
    substatus: textOrNull(document?.substatus),
    closes: stampOrNull(document?.details?.closingDateTime ?? either("closingDate")),
    changed: later(stampOrNull(pair.referral?.stamp), stampOrNull(pair.crm?.stamp)),
    expires: expiryOf(document),
    created: stampOrNull(document?.createdDateTime ?? pair.createdAt),
    accepted: stampOrNull(document?.acceptedDateTime),
    closed: stampOrNull(document?.closedDateTime),
    country: textOrNull(document?.customerProfile?.address?.country),
    engagementId: pair.engagementId ?? null,
    referralId: pair.referral?.id ?? null,
    crmId: pair.crm?.id ?? null,
    problemCode: pair.problem?.code ?? null,
  };
}

/** A pair as one line of the list of deals, with all that it can be found by. */
export function dealRow(pair: Pair, projection: Projection): DealRow {
  const values = sideValues(pair, projection);
  const summary = dealSummary(pair, projection, values);
  return { ...summary, properties: propertiesOf(pair, values, summary.title) };
}

const longestWord = 40;
const mostWords = 24;

/** A text as words in lower case without accents, which is how deals are searched. */
export function wordsOf(text: string): readonly string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.map((word) => word.slice(0, longestWord)))].slice(0, mostWords);
}

/** The words of a deal's names; its ids are searched in their own columns. */
export function searchWords({ properties: { title, customer } }: DealRow): readonly string[] {
  return wordsOf(`${title} ${customer ?? ""}`);
}
