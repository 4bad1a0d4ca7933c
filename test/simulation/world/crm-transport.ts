import {
  type CrmAdapter,
  type CrmCapabilities,
  type CrmChange,
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmStep,
  type CrmWrite,
  type OperationOptions,
} from "../../../src/crm/port.ts";
import type { Random } from "../../../src/runtime/index.ts";
import type { Generation } from "../kernel/generation.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Trace } from "../kernel/trace.ts";
import { type CrmLogEntry, type CrmModel, type CrmRow, isAsRead, isCurrent } from "./crm-model.ts";
import type { Faults } from "./faults.ts";

/** What lies between the engine and the model CRM. */
export interface CrmNetwork {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly random: Random;
  readonly faults: Faults;
  readonly model: CrmModel;
  readonly capabilities: CrmCapabilities;
  readonly dealOf: (recordId: string) => number | undefined;
  /** Hears of each record that the engine got to see. */
  readonly onShown: (recordId: string) => void;
  /** Hears of each call when it is sent; `writes` for those that could change something. */
  readonly onCall: (call: {
    readonly kind: "read" | "write" | "walk";
    readonly id: string;
  }) => void;
}

const timeoutMs = 30_000;

type Landed = { readonly row: CrmRow; readonly record: CrmRecord } | undefined;

/** The CRM adapter for one life of the process: each call takes time and may fail as CRMs do. */
export function crmTransport(network: CrmNetwork, generation: Generation): CrmAdapter {
  const { scheduler, faults, model, trace, random } = network;
  const latency = (): number => 10 + Math.floor(random.fraction() * 50);
  const isHidden = (id: string): boolean => {
    const deal = network.dealOf(id);
    return deal !== undefined && faults.takeFor("crm-permission-lost", deal, id) !== undefined;
  };

  /** One round trip: `work` happens inside the CRM. */
  const call = <T>(kind: "read" | "write" | "walk", id: string, work: () => T): Promise<T> =>
    generation.call<T>((resolve, reject) => {
      if (generation.boundary(`crm-${kind}-send`)) return;
      trace.note(scheduler.now(), `g${generation.number} crm ${kind} ${id}`);
      network.onCall({ kind, id });
      const about = kind === "walk" ? undefined : id;
      const fail = (error: CrmError, afterMs: number): void => {
        scheduler.after(afterMs, () => {
          trace.note(scheduler.now(), `← crm ${error.code}`);
          if (!generation.boundary(`crm-${kind}-answer`)) reject(error);
        });
      };
      if (kind === "write" && faults.take("crm-timeout-before-commit", about)) {
        fail(new CrmError("unavailable", "no answer in time", { outcomeUnknown: true }), timeoutMs);
        return;
      }
      const throttled = faults.take("crm-throttled", about);
      if (throttled) {
        const details = throttled.amount > 0 ? { retryAfterMs: throttled.amount } : {};
        fail(new CrmError("throttled", "too many requests", details), latency());
        return;
      }
      if (faults.take("crm-unavailable", about)) {
        fail(new CrmError("unavailable", "the CRM is being maintained"), latency());
        return;
      }
      const isSilent =
        kind === "write" && faults.take("crm-timeout-after-commit", about) !== undefined;
      scheduler.after(latency(), () => {
        let outcome: () => void;
        try {
          const value = work();
          outcome = () => resolve(value);
        } catch (error) {
          outcome = () => reject(error);
        }
        if (isSilent) {
          fail(
            new CrmError("unavailable", "no answer in time", { outcomeUnknown: true }),
            timeoutMs,
          );
          return;
        }
        scheduler.after(latency(), () => {
          if (!generation.boundary(`crm-${kind}-answer`)) outcome();
        });
      });
    });

  return {
    capabilities: network.capabilities,
    read: (recordId) =>
      call("read", recordId, () => {
        const row = model.find(recordId);
        if (!row || row.isDeleted) return undefined;
        if (isHidden(recordId)) {
          return undefined;
        }
        network.onShown(recordId);
        return model.record(row);
      }),
    upsert: async (write, options) => {
      const isBegun = write.steps.some(({ key }) => options.memo?.finished(key) !== undefined);
      let row = await call("read", write.recordId ?? write.key, () =>
        locate(model, write, isBegun),
      );
      let record: CrmRecord | undefined;
      for (const step of write.steps) {
        if (options.memo?.finished(step.key) !== undefined) continue;
        const target: CrmRow | undefined = row;
        const landed: Landed = await call("write", target?.id ?? write.key, () => {
          if (target && isHidden(target.id)) {
            throw new CrmError("unauthorized", "no permission to write this deal");
          }
          const written = perform(model, write, step, target);
          return written ? { row: written, record: model.record(written) } : undefined;
        });
        row = landed?.row;
        record = landed?.record;
        await options.memo?.finish(step.key, row?.id ?? `${step.part} of ${write.key}`);
      }
      if (!row) throw new CrmError("invalid", "a write without a step");
      if (!record) return { id: row.id, version: model.record(row).version };
      return { id: row.id, version: record.version, record };
    },
    changesSince: (watermark, options) => walk(network, call, isHidden, watermark, options),
  };
}

function locate(model: CrmModel, write: CrmWrite, isBegun: boolean): CrmRow | undefined {
  if (write.recordId === undefined) return model.findByKey(write.key);
  const row = model.find(write.recordId);
  if (!row || row.isDeleted) throw new CrmError("not-found", "the deal is not there");
  const expected = write.steps[0]?.expectedVersion;
  // Where a part is written already, the version is another one by our own doing.
  if (!isBegun && expected !== undefined && !isAsRead(row, expected, model.habits.versions)) {
    throw new CrmError("conflict", "the deal was changed in between");
  }
  return row;
}

/**
 * A write's step as the CRM carries it out: checked against the version, found or created by key.
 */
function perform(
  model: CrmModel,
  write: CrmWrite,
  step: CrmStep,
  target: CrmRow | undefined,
): CrmRow | undefined {
  const row = target ?? model.findByKey(write.key);
  if (!row) {
    // Account and contacts come before the deal that they belong to: nobody sees a deal made of
    // them alone.
    const parts = { ...model.loose.get(write.key), ...step.fields };
    model.loose.set(write.key, parts);
    return step.part === "deal" ? model.create("engine", write.key, parts) : undefined;
  }
  if (row.isDeleted) throw new CrmError("not-found", "the deal is not there");
  if (write.recordId === undefined && hasNews(row.fields, step.fields)) {
    throw new CrmError("conflict", "a deal with other values has this key", { recordId: row.id });
  }
  const versions = model.habits.versions;
  if (
    step.expectedVersion !== undefined &&
    !isCurrent(row, step.part, step.expectedVersion, versions)
  ) {
    throw new CrmError("conflict", "the deal was changed in between");
  }
  // The alternate key is the column that holds the referral's id.
  const key = step.fields.pr_referralid;
  if (row.key === undefined && typeof key === "string") model.setKey(row.id, key);
  if (hasNews(row.fields, step.fields)) model.change(row.id, "engine", step.part, step.fields);
  return row;
}

function hasNews(before: CrmFields, after: CrmFields): boolean {
  return Object.entries(after).some(
    ([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value),
  );
}

/**
 * How a list of changes tells of one: as it was then while a later one is invisible, and not at
 * all once it is deleted.
 */
function reported(
  { model, capabilities, scheduler, onShown }: CrmNetwork,
  { id, isDeletion, record }: CrmLogEntry,
  isHidden: (id: string) => boolean,
): readonly CrmChange[] {
  if (isDeletion) {
    return capabilities.deleteSignal === "tombstone" ? [{ kind: "deleted", recordId: id }] : [];
  }
  const row = model.find(id);
  const deletion = model.deletionOf(id);
  const isGone = deletion !== undefined && deletion.visibleAt <= scheduler.now();
  if (isGone || isHidden(id)) return [];
  onShown(id);
  // A change that isn't listed (of an account, where the CRM doesn't report those) shows all the
  // same.
  const isNewest = model.newestOf(id)?.record === record;
  return [{ kind: "changed", record: row && isNewest ? model.record(row) : record }];
}

const pageLength = 20;

async function* walk(
  network: CrmNetwork,
  call: <T>(kind: "walk", id: string, work: () => T) => Promise<T>,
  isHidden: (id: string) => boolean,
  watermark: string,
  options: OperationOptions,
): AsyncIterable<CrmChange> {
  const { model, faults, scheduler } = network;
  // The CRM forgot this cursor: everything is reported again.
  let position = watermark === "" || faults.take("crm-resync") ? 0 : Number(watermark);
  for (;;) {
    options.signal?.throwIfAborted();
    const page: { readonly changes: CrmChange[]; readonly next: number } = await call(
      "walk",
      String(position),
      () => {
        const newest = new Map<string, CrmLogEntry>();
        let next = position;
        for (const entry of model.log.slice(position, position + pageLength)) {
          // Nothing behind an invisible change is reported before it: a walk never skips.
          if (entry.visibleAt > scheduler.now()) break;
          next += 1;
          newest.set(entry.id, entry);
        }
        const changes = [...newest.values()].flatMap((entry) => reported(network, entry, isHidden));
        return { changes, next };
      },
    );
    yield* page.changes;
    const isLast = page.next - position < pageLength;
    if (page.next > position) {
      position = page.next;
      yield { kind: "watermark", watermark: String(position) };
    }
    if (isLast) return;
  }
}
