import { partOf } from "../../crm/index.ts";
import type { CrmFields } from "../../crm/port.ts";
import { landDeal } from "../core/observe.ts";
import { commitPair, type EngineContext, quietly } from "../engine-context.ts";
import type { ConnectionState } from "../ledger/ledger-port.ts";
import type { FieldWrite, Pair } from "../pair/pair.ts";

/**
 * Where the CRM can't refuse a stale write, the deal is read just before: a window of one round
 * trip remains.
 */
export async function hasChangedUnseen(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<boolean> {
  if (context.crm.capabilities.versions === "etag" || !pair.crm) return false;
  const at = context.clock.now();
  const record = await context.crm.read(pair.crm.id, {});
  if (!record) {
    await commitPair(context, quietly({ ...pair, look: { ...pair.look, crm: "hint" } }));
    return true;
  }
  const landed = landDeal(context, pair, record, { source: "get", at, connection });
  const isSameVersion = landed.pair.crm?.version === pair.crm.version;
  if (landed.order === "older" || (landed.order === "same" && isSameVersion)) return false;
  await commitPair(context, landed);
  return true;
}

/** What is written to a deal in one go. */
export interface DealWrite {
  readonly writes: readonly FieldWrite[];
  readonly stateFields: CrmFields;
}

/**
 * The part of a write that may follow one read. Where the CRM can't refuse a stale write, each part
 * of a deal goes by itself: the second of two steps would overwrite what was edited during the
 * first. Pure.
 */
export function nextPart({ crm, projection }: EngineContext, whole: DealWrite): DealWrite {
  const { parts, versions } = crm.capabilities;
  if (versions === "etag") return whole;
  const partOfWrite = ({ field }: FieldWrite) =>
    partOf(projection.byName.get(field)?.crmField ?? field, parts);
  const part = parts.find((one) => whole.writes.some((write) => partOfWrite(write) === one));
  if (!part) return whole;
  const writes = whole.writes.filter((write) => partOfWrite(write) === part);
  const isLast = part.prefix === "" && writes.length === whole.writes.length;
  return { writes, stateFields: isLast ? whole.stateFields : {} };
}
