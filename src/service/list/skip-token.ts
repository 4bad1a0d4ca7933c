import { ReferralsError } from "../../contract/index.ts";
import {
  type BoundOrderBy,
  decimalKey,
  decimalOfKey,
  instantOf,
  type Value,
} from "../../odata/index.ts";

/** Where a walk over pages stands. */
export interface SkipToken {
  /** The sort keys of the last referral that was sent, its id being the last. */
  readonly after: readonly Value[];
  /**
   * How many more referrals the walk may send; absent where it has no end but the last referral.
   */
  readonly remaining?: number;
  readonly pageSize: number;
  /** The moment at which the walk began: it sees the referrals as they were then. */
  readonly asOf: string;
}

type WireValue = string | boolean | null | { readonly n: string };
interface WireToken {
  readonly a: readonly WireValue[];
  readonly r?: number;
  readonly p: number;
  readonly t: string;
}

const toWire = (value: Value): WireValue =>
  typeof value === "object" && value !== null ? { n: decimalKey(value) } : value;

const fromWire = (value: WireValue): Value =>
  typeof value === "object" && value !== null ? decimalOfKey(value.n) : value;

const isText = (value: unknown): value is string =>
  typeof value === "string" && !value.includes("\0") && value.isWellFormed();

const isValue = (value: unknown): value is WireValue =>
  value === null ||
  isText(value) ||
  typeof value === "boolean" ||
  (typeof value === "object" && isText((value as { n?: unknown }).n));

/** A moment as `stampOf` writes it; empty where the walk began with nothing. */
const isStamp = (value: unknown): value is string =>
  typeof value === "string" && /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z)?$/.test(value);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function isToken(value: unknown): value is WireToken {
  if (typeof value !== "object" || value === null) return false;
  const { a, r, p, t } = value as Partial<WireToken>;
  const hasKeys = Array.isArray(a) && a.every(isValue);
  return hasKeys && isCount(p) && p !== 0 && (r === undefined || isCount(r)) && isStamp(t);
}

const refusal = (cause?: unknown): ReferralsError =>
  new ReferralsError("invalidRequest", {
    message: "The $skiptoken isn't one of this query. Follow @odata.nextLink as it was sent.",
    target: "$skiptoken",
    cause,
  });

/** A token as text that is safe in a query. */
export function printSkipToken({ after, remaining, pageSize, asOf }: SkipToken): string {
  const wire: WireToken = {
    a: after.map(toWire),
    p: pageSize,
    t: asOf,
    ...(remaining === undefined ? {} : { r: remaining }),
  };
  return Buffer.from(JSON.stringify(wire)).toString("base64url");
}

const numeric: ReadonlySet<string> = new Set(["Number", "Duration"]);

/** True where a value could be one of the key's: null is one of every key's. */
function fits({ expression: { type } }: BoundOrderBy, value: Value): boolean {
  if (value === null) return true;
  if (numeric.has(type)) return typeof value === "object";
  if (type === "DateTimeOffset") return typeof value === "string" && instantOf(value) !== undefined;
  return typeof value === (type === "Boolean" ? "boolean" : "string");
}

/**
 * The token that a text stands for; it must belong to a query with that order. Errors:
 * invalidRequest.
 */
export function parseSkipToken(text: string, order: readonly BoundOrderBy[]): SkipToken {
  try {
    const wire: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (!isToken(wire) || wire.a.length !== order.length) throw refusal();
    const { a, r, p: pageSize, t: asOf } = wire;
    const after = a.map(fromWire);
    const isOfThisOrder = order.every((key, place) => fits(key, after[place] ?? null));
    if (!isOfThisOrder) throw refusal();
    return { after, pageSize, asOf, ...(r === undefined ? {} : { remaining: r }) };
  } catch (error) {
    throw error instanceof ReferralsError ? error : refusal(error);
  }
}
