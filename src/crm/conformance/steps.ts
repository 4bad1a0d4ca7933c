import { planCrmWrite } from "../plan-crm-write.ts";
import type {
  CrmAdapter,
  CrmChange,
  CrmFields,
  CrmRecordVersion,
  OperationOptions,
  StepMemo,
  Watermark,
} from "../port.ts";
import { CrmError } from "../port.ts";

/** A memo that survives a crash of its writer, as the engine's does. */
export function durableMemo(): StepMemo & { readonly steps: ReadonlyMap<string, string> } {
  const steps = new Map<string, string>();
  return {
    steps,
    finished: (key) => steps.get(key),
    finish: async (key, left) => {
      steps.set(key, left);
    },
  };
}

/** What is to be written in one go. */
export interface WriteOrder {
  readonly key: string;
  readonly fields: CrmFields;
  readonly recordId?: string;
  readonly expectedVersion?: string;
  readonly attempt?: string;
}

/** Writes fields the way the engine does: planned into steps. */
export function write(
  adapter: CrmAdapter,
  order: WriteOrder,
  options: OperationOptions = {},
): Promise<CrmRecordVersion> {
  const { attempt = `${order.key}-1`, ...rest } = order;
  return adapter.upsert(planCrmWrite({ attempt, ...rest }, adapter.capabilities), options);
}

/** All changes since a watermark. */
export async function walk(
  adapter: CrmAdapter,
  watermark: Watermark,
): Promise<readonly CrmChange[]> {
  const changes: CrmChange[] = [];
  for await (const change of adapter.changesSince(watermark, {})) changes.push(change);
  return changes;
}

/** The last watermark of a walk. Throws where there is none. */
export function lastWatermark(changes: readonly CrmChange[]): Watermark {
  for (const change of [...changes].reverse()) {
    if (change.kind === "watermark") return change.watermark;
  }
  throw new Error("the walk ended without a watermark");
}

/** The ids of the records that a walk reported as changed. */
export function changedIds(changes: readonly CrmChange[]): readonly string[] {
  return changes.flatMap((change) => (change.kind === "changed" ? [change.record.id] : []));
}

/** The error with which a call was refused. Throws where it wasn't, or by something else. */
export async function refusalOf(call: Promise<unknown>): Promise<CrmError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CrmError) return error;
    throw error;
  }
  throw new Error("the call was expected to be refused");
}

const mostTries = 12;

/**
 * Brings a deal to hold these fields as the engine would: repeats what failed on the way with the
 * same memo, and plans anew after a conflict. Resolves to the deal's id.
 */
export async function bringAbout(adapter: CrmAdapter, order: WriteOrder): Promise<string> {
  const memo = durableMemo();
  let attempt = 1;
  let current: WriteOrder = order;
  for (let tries = 0; tries < mostTries; tries += 1) {
    try {
      const named = { ...current, attempt: `${order.key}-${attempt}` };
      const { id } = await write(adapter, named, { memo });
      return id;
    } catch (error) {
      if (!(error instanceof CrmError)) throw error;
      if (error.code === "unavailable" || error.code === "throttled") continue;
      const recordId = error.recordId ?? current.recordId;
      if (error.code !== "conflict" || recordId === undefined) throw error;
      const record = await adapter.read(recordId, {});
      if (!record) throw error;
      attempt += 1;
      current = { ...order, recordId, expectedVersion: record.version };
    }
  }
  throw new Error("the write never came about");
}
