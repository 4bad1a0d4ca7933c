import { ReferralsError } from "../../contract/index.ts";
import { decimalKey, decimalOfKey, type Value } from "../../odata/index.ts";

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

const isValue = (value: unknown): value is WireValue =>
  value === null ||
  typeof value === "string" ||
  typeof value === "boolean" ||
  (typeof value === "object" && typeof (value as { n?: unknown }).n === "string");

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function isToken(value: unknown): value is WireToken {
  if (typeof value !== "object" || value === null) return false;
  const { a, r, p, t } = value as Partial<WireToken>;
  const hasKeys = Array.isArray(a) && a.every(isValue);
  return (
    hasKeys && isCount(p) && p !== 0 && (r === undefined || isCount(r)) && typeof t === "string"
  );
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

/**
 * The token that a text stands for; it must belong to a query with that many sort keys. Errors:
 * invalidRequest.
 */
export function parseSkipToken(text: string, keyCount: number): SkipToken {
  try {
    const wire: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (!isToken(wire) || wire.a.length !== keyCount) throw refusal();
    const { a, r, p: pageSize, t: asOf } = wire;
    const after = a.map(fromWire);
    return { after, pageSize, asOf, ...(r === undefined ? {} : { remaining: r }) };
  } catch (error) {
    throw error instanceof ReferralsError ? error : refusal(error);
  }
}
