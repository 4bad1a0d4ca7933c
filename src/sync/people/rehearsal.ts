import type { ReferralsPort, StoredReferral } from "../../client/port.ts";
import { type PatchOperation, type Referral, ReferralsError } from "../../contract/index.ts";
import type { Mapping } from "../../crm/mapping-port.ts";
import type { CrmAdapter, CrmFields, CrmRecord, CrmValue } from "../../crm/port.ts";
import type { Clock } from "../../runtime/index.ts";
import { createCallBudget } from "../budget/call-budget.ts";
import type {
  Engine,
  EngineEnvironment,
  PlannedWrite,
  Rehearsal,
  RehearsedPair,
} from "../engine-port.ts";
import type { InboxItem, Ledger } from "../ledger/ledger-port.ts";
import { createOverlayLedger } from "../ledger/overlay-ledger.ts";
import type { PairState } from "../pair/pair.ts";
import { createProjection, type Projection, withValue } from "../pair/projection.ts";
import { stampBefore } from "../pair/stamps.ts";

/** Pairs that a rehearsal goes through at most; a plan of more is told as "at least". */
const mostPairs = 100_000;
const pageSize = 500;

/** States whose pairs another mapping may move. */
const replanned: ReadonlySet<PairState> = new Set(["in-step", "refusing", "asking", "held"]);

interface Notebook {
  readonly writes: PlannedWrite[];
  calls: number;
  made: number;
  pairId: string;
  /** Pairs in which something would be created. */
  readonly created: Set<string>;
}

/**
 * The next run without its effects: the same engine over a ledger that forgets and ports that note
 * a write and answer as if it had been made. So the plan can't drift from the run. Both sides are
 * walked first; reads are real calls and come out of the real budget.
 */
export async function rehearse(
  environment: EngineEnvironment,
  createEngine: (environment: EngineEnvironment) => Engine,
  under?: Mapping,
): Promise<Rehearsal> {
  const mapping = under ?? environment.mapping;
  const overlay = createOverlayLedger(environment.ledger);
  const notebook: Notebook = { writes: [], calls: 0, made: 0, pairId: "", created: new Set() };
  const { runner: _runner, witness: _witness, ...rest } = environment;
  const engine = createEngine({
    ...rest,
    clock: frozen(environment.clock),
    ledger: overlay,
    mapping,
    referrals: notingReferrals(environment, notebook),
    crm: notingCrm(environment, notebook, mapping),
    settings: {
      ...environment.settings,
      isApproved: true,
      callsPerMinute: Number.MAX_SAFE_INTEGER,
    },
  });
  await engine.pollCrm();
  await engine.pollReferrals();
  let links = 0;
  const refusals: Rehearsal["refusals"][number][] = [];
  let seen = 0;
  for (let after = ""; seen < mostPairs; ) {
    const pairs = await overlay.pairs({ after, limit: pageSize });
    for (const { id, state, due, crm } of pairs) {
      notebook.pairId = id;
      const isNews = due || state === "waiting" || state === "matching";
      if (isNews || (under && replanned.has(state))) await engine.reconcile(id);
      const now = await overlay.pair(id);
      for (const { field, side, reason, remedy } of now?.refusals ?? []) {
        refusals.push({ pairId: id, field, side, reason, remedy });
      }
      if (!crm && now?.crm && !notebook.created.has(id)) links += 1;
    }
    seen += pairs.length;
    const last = pairs.at(-1);
    if (!last || pairs.length < pageSize) break;
    after = last.id;
  }
  const { writes, calls } = notebook;
  const questions = await newQuestions(overlay.inbox({ isOpen: true, limit: pageSize }));
  const named = [...writes, ...questions, ...refusals].flatMap(({ pairId }) => pairId ?? []);
  const pairs = await namedPairs(overlay, createProjection(mapping), named);
  return { writes, links, pairs, questions, refusals, calls };
}

/** What the pairs are called, and what would change in them. */
async function namedPairs(
  overlay: Ledger,
  projection: Projection,
  named: readonly string[],
): Promise<Rehearsal["pairs"]> {
  const changes = new Map<string, RehearsedPair["changes"][number][]>();
  for (const entry of await overlay.historySince(0, 0)) {
    const { sequence, pairId, side, fields = [] } = entry;
    // What was written down in earnest has a number.
    if (sequence > 0 || !side || (entry.kind !== "wrote" && entry.kind !== "created")) continue;
    const list = changes.get(pairId) ?? [];
    changes.set(pairId, list);
    for (const { field, from = null, to = null } of fields) {
      const label = projection.byName.get(field)?.label ?? field;
      const kind = entry.kind === "created" ? "create" : "update";
      list.push({ side, kind, field, label, from, to });
    }
  }
  const pairs: Record<string, RehearsedPair> = {};
  for (const id of new Set(named)) {
    const pair = await overlay.pair(id);
    const values = {
      ...(pair?.crm?.document ? projection.crmValues(pair.crm.document) : {}),
      ...(pair?.referral?.document ? projection.referralValues(pair.referral.document) : {}),
    };
    const { name = null, customerName = null } = values;
    pairs[id] = { name, customer: customerName, changes: changes.get(id) ?? [] };
  }
  return pairs;
}

async function newQuestions(open: Promise<readonly InboxItem[]>): Promise<readonly InboxItem[]> {
  return (await open).filter(({ kind }) => kind !== "approval");
}

/** The service accepts a partner's own referral at once, whatever state was sent. */
const accepted = { status: "Active", substatus: "Accepted" } as const;

/** Nothing waits in a rehearsal. */
function frozen(clock: Clock): Clock {
  return { now: () => clock.now(), sleep: async () => {} };
}

function note(
  notebook: Notebook,
  side: PlannedWrite["side"],
  kind: PlannedWrite["kind"],
  fields: readonly string[],
  isTelling = false,
): void {
  const { pairId } = notebook;
  notebook.writes.push({ pairId, side, kind, fields, ...(isTelling ? { isTelling } : {}) });
  if (kind === "create") notebook.created.add(notebook.pairId);
  if (side === "referral") notebook.calls += 1;
}

const isClosing = (operations: readonly PatchOperation[]): boolean =>
  operations.some(({ path, value }) => path === "/status" && value === "Closed");

/** Reads of a rehearsal are real calls. */
function withinBudget({
  clock,
  ledger,
  settings,
  referrals,
}: EngineEnvironment): Pick<ReferralsPort, "get" | "listPage"> {
  const budget = createCallBudget({ ...settings, clock, ledger });
  return {
    get: async (id, options) => {
      await budget.take("read");
      return referrals.get(id, options);
    },
    listPage: async (query, options) => {
      await budget.take("read");
      return referrals.listPage(query, options);
    },
  };
}

/** The referrals API as it would be after the writes noted so far. */
function notingReferrals(environment: EngineEnvironment, notebook: Notebook): ReferralsPort {
  const { clock } = environment;
  const referrals = withinBudget(environment);
  const written = new Map<string, StoredReferral>();
  const current = async (id: string): Promise<StoredReferral> =>
    written.get(id) ?? (await referrals.get(id));
  const store = (referral: Referral): StoredReferral => {
    const eTag = `"planned-${nextNumber(notebook)}"`;
    const updatedDateTime = stampAfter(referral.updatedDateTime, clock);
    const stored = { referral: { ...referral, eTag, updatedDateTime }, eTag };
    written.set(referral.id ?? "", stored);
    return stored;
  };
  const demand = async (id: string, ifMatch: string): Promise<Referral> => {
    const { referral, eTag } = await current(id);
    if (eTag !== ifMatch) throw new ReferralsError("preconditionFailed");
    return referral;
  };
  return {
    get: current,
    listPage: (query, options) => referrals.listPage(query, options),
    create: async (referral) => {
      note(notebook, "referral", "create", Object.keys(referral));
      const id = `planned-${nextNumber(notebook)}`;
      const createdDateTime = stampAfter(undefined, clock);
      const engagementId = referral.engagementId ?? `engagement of ${id}`;
      return store({ ...referral, ...accepted, id, engagementId, createdDateTime });
    },
    update: async (referral, { ifMatch }) => {
      const before = await demand(referral.id ?? "", ifMatch);
      const changed = Object.entries(referral).filter(([name, value]) => before[name] !== value);
      note(
        notebook,
        "referral",
        "update",
        changed.map(([name]) => name),
      );
      return store(referral);
    },
    patch: async (id, operations, { ifMatch }) => {
      let document: Readonly<Record<string, unknown>> = await demand(id, ifMatch);
      const kind = isClosing(operations) ? "close" : "update";
      note(
        notebook,
        "referral",
        kind,
        operations.map(({ path }) => path),
      );
      for (const { path, value } of operations) {
        document =
          path === "/status"
            ? { ...document, status: value }
            : withValue(document, path, value as CrmValue);
      }
      return store(document as Referral);
    },
  };
}

/** Where a referral holds its deal's id. */
const dealIdPath = "/externalReferenceId";

/** The CRM as it would be after the writes noted so far. */
function notingCrm(
  { crm, clock }: EngineEnvironment,
  notebook: Notebook,
  { fields: mapped }: Mapping,
): CrmAdapter {
  const written = new Map<string, CrmRecord>();
  const telling = new Set(Object.values(crm.capabilities.stateFields ?? {}));
  // A deal shows its own id, which goes to its referral by one more call.
  const idField = mapped.find(({ referralPath }) => referralPath === dealIdPath)?.crmField;
  return {
    capabilities: crm.capabilities,
    read: async (recordId, options) => written.get(recordId) ?? crm.read(recordId, options),
    changesSince: (watermark, options) => crm.changesSince(watermark, options),
    upsert: async (write, options) => {
      const fields: CrmFields = Object.assign({}, ...write.steps.map((step) => step.fields));
      const names = Object.keys(fields);
      const isTelling = names.every((name) => telling.has(name));
      note(notebook, "crm", write.recordId ? "update" : "create", names, isTelling);
      const version = `planned-${nextNumber(notebook)}`;
      const id = write.recordId ?? version;
      const before = written.get(id) ?? (write.recordId ? await crm.read(id, options) : undefined);
      const record: CrmRecord = {
        id,
        version,
        modifiedAt: stampAfter(before?.modifiedAt, clock),
        fields: { ...(idField ? { [idField]: id } : {}), ...before?.fields, ...fields },
      };
      written.set(id, record);
      return { id, version, record };
    },
  };
}

/** A stamp just after another one of the same server's clock, which need not be ours. */
function stampAfter(stamp: string | null | undefined, clock: Clock): string {
  return stamp ? stampBefore(stamp, -1) : new Date(clock.now()).toISOString();
}

function nextNumber(notebook: Notebook): number {
  notebook.made += 1;
  return notebook.made;
}
