import type { CrmChange, CrmRecord, OperationOptions } from "../port.ts";

/** A row of a walk. */
export interface WalkedRow {
  readonly record: CrmRecord;
  /** When it or what is linked to it changed, in the CRM's own clock or count. */
  readonly stamp: number;
  /** True where the CRM says that it was deleted. */
  readonly isDeleted?: boolean;
}

/** Rows in the order of their ids. */
export interface WalkedPage {
  readonly rows: readonly WalkedRow[];
  /** The id after which the next page begins; absent on the last one. */
  readonly next?: string;
  /** The CRM's own clock when it listed them: whatever is stamped later is newer. */
  readonly asOf?: number;
}

/** A CRM that can list rows by stamp and id, and knows nothing of cursors. */
export interface WalkSource {
  /**
   * How far back of the newest stamp a change may still come to light: transactions commit later
   * than they stamp, and stamps may be whole seconds.
   */
  readonly overlap: number;
  /** The newest stamp that there is; undefined where there is no row. */
  newest(options: OperationOptions): Promise<number | undefined>;
  /** Rows whose stamp is at least `from`, with ids after `afterId`, in the order of ids. */
  page(
    from: number | undefined,
    afterId: string | undefined,
    options: OperationOptions,
  ): Promise<WalkedPage>;
}

/** What a watermark holds. */
interface Position {
  readonly format: 1;
  /** The newest stamp when the last whole walk began. */
  readonly from?: number;
  /** Rows whose stamps lie within the overlap: stamp and version by id. */
  readonly seen: Readonly<Record<string, readonly [stamp: number, version: string]>>;
  /** A walk that is under way. */
  readonly walk?: { readonly until?: number; readonly afterId: string };
}

/** More rows than this share the newest stamps: the oldest of them are reported again. */
const mostSeen = 5000;

function readPosition(watermark: string): Position {
  try {
    const position = JSON.parse(watermark) as Position;
    if (position.format === 1) return position;
  } catch {
    // Nothing, or another release's: everything is walked again, which may repeat, never skips.
  }
  return { format: 1, seen: {} };
}

type Seen = Map<string, readonly [stamp: number, version: string]>;

function keptSeen(seen: Seen, from: number | undefined): Position["seen"] {
  const kept = [...seen].filter(([, [stamp]]) => from === undefined || stamp >= from);
  kept.sort(([, [left]], [, [right]]) => right - left);
  return Object.fromEntries(kept.slice(0, mostSeen));
}

const versionOf = ({ isDeleted, record }: WalkedRow): string =>
  isDeleted ? "deleted" : record.version;

function newestOf(rows: readonly WalkedRow[], from: number | undefined): number | undefined {
  return rows.reduce<number | undefined>(
    (newest, { stamp }) => (newest === undefined || stamp > newest ? stamp : newest),
    from,
  );
}

/**
 * Where the CRM's clock is known, rows that have rested longer than the overlap aren't listed
 * again:
 * many may share the newest stamp.
 */
function rested(
  until: number | undefined,
  asOf: number | undefined,
  overlap: number,
): number | undefined {
  if (until === undefined || asOf === undefined) return until;
  return Math.max(until, Math.min(asOf, until + overlap + 1));
}

/** One walk, or what is left of one. */
async function* walkOnce(
  source: WalkSource,
  { from, seen: known, walk }: Position,
  options: OperationOptions,
): AsyncGenerator<CrmChange, Position> {
  const seen: Seen = new Map(Object.entries(known));
  const since = from === undefined ? undefined : from - source.overlap;
  let until = walk?.until;
  if (from === undefined && !walk) until = await source.newest(options);
  let page = await source.page(since, walk?.afterId, options);
  if (page.next === undefined && !walk) {
    // One list shows everything at one moment, so its newest stamp is the bound.
    until = newestOf(page.rows, until ?? from);
  } else if (until === undefined && !walk) {
    until = await source.newest(options);
    page = await source.page(since, undefined, options);
  }
  // Where nothing is listed, everything has rested already.
  if (!walk && page.rows.length > 0) until = rested(until, page.asOf, source.overlap);
  for (;;) {
    for (const row of page.rows) {
      const { id } = row.record;
      const version = versionOf(row);
      const isKnown = seen.get(id)?.[1] === version;
      seen.set(id, [row.stamp, version]);
      if (isKnown) continue;
      yield row.isDeleted
        ? { kind: "deleted", recordId: id }
        : { kind: "changed", record: row.record };
    }
    const next = until === undefined ? undefined : until - source.overlap;
    const left = keptSeen(seen, next);
    if (page.next === undefined) {
      const whole = until === undefined ? {} : { from: until };
      return { format: 1, ...whole, seen: left };
    }
    const going = { afterId: page.next, ...(until === undefined ? {} : { until }) };
    const begun = { ...(from === undefined ? {} : { from }), walk: going };
    yield watermarkAt({ format: 1, ...begun, seen: left });
    page = await source.page(since, page.next, options);
  }
}

function watermarkAt(position: Position): CrmChange {
  return { kind: "watermark", watermark: JSON.stringify(position) };
}

/**
 * Walks over the rows that changed since a watermark, in the order of their ids, so that equal
 * stamps and changes on the way can't make it skip one. The next walk begins an overlap before the
 * newest stamp that there was when this one began; what it showed already is known by its version
 * and not reported again.
 *
 * Invariant: `from` never passes a change that no walk has listed (as long as none comes to light
 * later than the overlap).
 */
export async function* walkById(
  source: WalkSource,
  watermark: string,
  options: OperationOptions,
): AsyncIterable<CrmChange> {
  const begun = readPosition(watermark);
  let position = yield* walkOnce(source, begun, options);
  if (begun.walk) {
    // The walk began long ago: what changed before its place since then is for another one.
    yield watermarkAt(position);
    position = yield* walkOnce(source, position, options);
  }
  yield watermarkAt(position);
}
