import type { ReferralsPort } from "../client/port.ts";
import { type Referral, ReferralsError } from "../contract/index.ts";
import {
  type CrmAdapter,
  type CrmCapabilities,
  type CrmChange,
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmValue,
} from "../crm/port.ts";
import { type Clock, seededRandom, silentLog } from "../runtime/index.ts";
import { createEngine } from "./engine.ts";
import type { Engine, EngineEnvironment } from "./engine-port.ts";
import { createMemoryLedger, type MemoryLedger } from "./ledger/memory-ledger.ts";
import type { Pair } from "./pair/pair.ts";
import { withValue } from "./pair/projection.ts";
import { defaultSettings, type EngineSettings } from "./settings.ts";
import { smallMapping } from "./small-mapping-suite.ts";

export { mappedField, plainLens, smallMapping, stages } from "./small-mapping-suite.ts";

/** A deal as a seller makes it, not shared yet. */
export const deal = { name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

/** An accepted referral that looks just like the deal. */
export const referral: Partial<Referral> = {
  name: "Migration",
  status: "Active",
  substatus: "Accepted",
  customerProfile: { name: "Contoso" },
  details: { dealValue: 1 },
};

/** Settings under which deals and referrals of the same names are matched. */
export const byNames = { matchFields: ["customer", "name"] };

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  advance(byMs: number): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * Lets everything that waits for no time run on: when a turn of the loop comes, all microtasks
 * have run.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Creates a clock that begins at a fixed moment. */
export function manualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  const sleepers: Sleeper[] = [];
  return {
    now: () => now,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + delayMs, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    async advance(byMs) {
      const until = now + byMs;
      for (;;) {
        await settled();
        sleepers.sort((left, right) => left.at - right.at);
        const next = sleepers[0];
        if (!next || next.at > until) break;
        sleepers.shift();
        now = Math.max(now, next.at);
        next.wake();
      }
      now = until;
      await settled();
    },
  };
}

type Fault = "timeout-before" | "timeout-after" | "throttled" | "unavailable";

/** The referrals service of the small world. */
export interface SmallReferrals extends ReferralsPort {
  readonly stored: Map<string, Referral>;
  readonly calls: string[];
  /** Faults of the next calls, by method. */
  readonly faults: { readonly method: string; readonly fault: Fault }[];
  /** A change by somebody else. */
  edit(id: string, values: Readonly<Record<string, CrmValue>>): void;
  /** A referral that somebody else makes. */
  add(referral: Partial<Referral>): string;
}

/** Creates the service; its stamps count up by one millisecond a change. */
export function smallReferrals(clock: Clock): SmallReferrals {
  const stored = new Map<string, Referral>();
  const calls: string[] = [];
  const faults: { method: string; fault: Fault }[] = [];
  let changes = 0;
  const put = (referral: Referral): Referral => {
    changes += 1;
    const updatedDateTime = new Date(clock.now() + changes).toISOString();
    const next = { ...referral, updatedDateTime, eTag: `"${changes}"` };
    stored.set(next.id ?? "", next);
    return next;
  };
  const current = (id: string): Referral => {
    const referral = stored.get(id);
    if (!referral) throw new ReferralsError("itemNotFound");
    return referral;
  };
  const add = (referral: Partial<Referral>): string => {
    const id = `r${stored.size + 1}`;
    const createdDateTime = new Date(clock.now() + changes).toISOString();
    put({
      engagementId: `e${stored.size + 1}`,
      ...referral,
      id,
      createdDateTime,
    } as Referral);
    return id;
  };
  const answer = (referral: Referral) => ({ referral, eTag: referral.eTag ?? "" });
  const call = async <T>(method: string, work: () => T): Promise<T> => {
    calls.push(method);
    const index = faults.findIndex((one) => one.method === method);
    const [found] = index < 0 ? [] : faults.splice(index, 1);
    if (found?.fault === "timeout-before") throw new ReferralsError("outcomeUnknown");
    if (found?.fault === "throttled") {
      throw new ReferralsError("tooManyRequests", { retryAfterMs: 2_000 });
    }
    if (found?.fault === "unavailable") throw new ReferralsError("serviceNotAvailable");
    const value = work();
    if (found?.fault === "timeout-after") throw new ReferralsError("outcomeUnknown");
    return value;
  };
  const guarded = (id: string, ifMatch: string, next: (referral: Referral) => Referral) => {
    const referral = current(id);
    if (ifMatch !== "*" && ifMatch !== referral.eTag)
      throw new ReferralsError("preconditionFailed");
    return answer(put(next(referral)));
  };
  return {
    stored,
    calls,
    faults,
    add,
    edit: (id, values) => {
      let document: Readonly<Record<string, unknown>> = current(id);
      for (const [path, value] of Object.entries(values))
        document = withValue(document, path, value);
      put(document as Referral);
    },
    get: (id) => call("get", () => answer(current(id))),
    create: (referral) => call("create", () => answer(current(add(referral)))),
    patch: (id, operations, { ifMatch }) =>
      call("patch", () =>
        guarded(id, ifMatch, (referral) => {
          let document: Readonly<Record<string, unknown>> = referral;
          for (const { path, value } of operations) {
            document =
              path === "/status"
                ? { ...document, status: value }
                : withValue(document, path, value as CrmValue);
          }
          return document as Referral;
        }),
      ),
    update: (referral, { ifMatch }) =>
      call("update", () => guarded(referral.id ?? "", ifMatch, () => referral)),
    listPage: (query) =>
      call("list", () => {
        const since = /ge (.*)/.exec("filter" in query ? (query.filter ?? "") : "")?.[1] ?? "";
        const by = "orderby" in query && query.orderby?.startsWith("created");
        const keyOf = (one: Referral): string =>
          (by ? one.createdDateTime : one.updatedDateTime) ?? "";
        const referrals = [...stored.values()]
          .filter((one) => (one.updatedDateTime ?? "") >= since)
          .sort((left, right) => (keyOf(left) < keyOf(right) ? 1 : -1));
        return { referrals };
      }),
  };
}

/** The CRM of the small world. */
export interface SmallCrm extends CrmAdapter {
  readonly records: Map<string, CrmRecord>;
  readonly calls: string[];
  readonly faults: Fault[];
  edit(id: string, fields: CrmFields): void;
  add(fields: CrmFields): string;
  remove(id: string): void;
}

const smallCapabilities: CrmCapabilities = {
  kind: "small",
  versions: "etag",
  stampResolutionMs: 1,
  visibilityDelayMs: 0,
  deleteSignal: "tombstone",
  webhooks: "none",
  batchSize: 1,
  parts: [{ name: "deal", prefix: "" }],
  reportsChildChanges: true,
  stateFields: { referralId: "referralId", syncState: "syncState", lastError: "lastError" },
};

/** Creates a CRM that tells every change in order. */
export function smallCrm(clock: Clock, capabilities: Partial<CrmCapabilities> = {}): SmallCrm {
  const records = new Map<string, CrmRecord>();
  const keys = new Map<string, string>();
  const log: string[] = [];
  const calls: string[] = [];
  const faults: Fault[] = [];
  let made = 0;
  let added = 0;
  const put = (id: string, fields: CrmFields): CrmRecord => {
    made += 1;
    const before = records.get(id)?.fields;
    const record = {
      id,
      version: `v${made}`,
      modifiedAt: new Date(clock.now() + made).toISOString(),
      fields: { ...before, ...fields },
    };
    records.set(id, record);
    log.push(id);
    return record;
  };
  const add = (fields: CrmFields): string => {
    added = Math.max(added, records.size) + 1;
    const id = `c${added}`;
    put(id, fields);
    return id;
  };
  return {
    records,
    calls,
    faults,
    add,
    edit: put,
    remove: (id) => {
      records.delete(id);
      log.push(id);
    },
    capabilities: { ...smallCapabilities, ...capabilities },
    read: async (id) => {
      calls.push("read");
      return records.get(id);
    },
    upsert: async (write) => {
      calls.push("upsert");
      const fault = faults.shift();
      if (fault === "timeout-before") {
        throw new CrmError("unavailable", "no answer", { outcomeUnknown: true });
      }
      if (fault === "unavailable") throw new CrmError("unavailable", "down");
      const id = write.recordId ?? keys.get(write.key) ?? add({});
      keys.set(write.key, id);
      let record = records.get(id);
      if (!record) throw new CrmError("not-found", "no such deal");
      for (const step of write.steps) {
        if (step.expectedVersion !== undefined && step.expectedVersion !== record.version) {
          throw new CrmError("conflict", "stale");
        }
        record = put(id, step.fields);
      }
      if (fault === "timeout-after") {
        throw new CrmError("unavailable", "no answer", { outcomeUnknown: true });
      }
      return { id, version: record.version, record };
    },
    changesSince: async function* (watermark): AsyncIterable<CrmChange> {
      calls.push("walk");
      for (let index = Number(watermark); index < log.length; index += 1) {
        const id = log[index] ?? "";
        const record = records.get(id);
        yield record ? { kind: "changed", record } : { kind: "deleted", recordId: id };
      }
      yield { kind: "watermark", watermark: String(log.length) };
    },
  };
}

/** Everything that a test of the engine needs, with the engine's present life. */
export interface SmallWorld {
  readonly clock: ManualClock;
  readonly referrals: SmallReferrals;
  readonly crm: SmallCrm;
  readonly ledger: MemoryLedger;
  readonly environment: EngineEnvironment;
  engine: Engine;
  /** Polls both sides and reconciles until nothing is due now. */
  sync(): Promise<void>;
  /** A new engine on the same ledger, as after a crash. */
  restart(): Promise<void>;
  onlyPair(): Promise<Pair>;
}

/** Creates a world with an opened engine. */
export async function smallWorld(
  settings: Partial<EngineSettings> = {},
  more: Partial<EngineEnvironment> = {},
  capabilities: Partial<CrmCapabilities> = {},
): Promise<SmallWorld> {
  const clock = manualClock();
  const referrals = smallReferrals(clock);
  const crm = smallCrm(clock, capabilities);
  const ledger = createMemoryLedger();
  const environment: EngineEnvironment = {
    clock,
    random: seededRandom(7),
    log: silentLog,
    referrals,
    crm,
    ledger,
    mapping: smallMapping,
    settings: { ...defaultSettings, isApproved: true, ...settings },
    ...more,
  };
  const world: SmallWorld = {
    clock,
    referrals,
    crm,
    ledger,
    environment,
    engine: createEngine(environment),
    async sync() {
      await world.engine.pollCrm();
      await world.engine.pollReferrals();
      while ((await world.engine.runDue()) > 0);
    },
    async restart() {
      world.engine = createEngine(environment);
      await world.engine.open();
    },
    async onlyPair() {
      const pairs = await ledger.pairs({ limit: 10 });
      const linked = pairs.filter(({ role }) => role === "deal");
      const [pair] = linked;
      if (!pair || linked.length > 1) throw new Error(`${linked.length} pairs instead of one`);
      return pair;
    },
  };
  await world.engine.open();
  return world;
}
