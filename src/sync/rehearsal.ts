import type { ReferralsPort, StoredReferral } from "../client/port.ts";
import type { PatchOperation, Referral } from "../contract/index.ts";
import type { CrmAdapter, CrmRecord } from "../crm/port.ts";
import type { Clock } from "../runtime/index.ts";
import type { Engine, EngineEnvironment, PlannedWrite, Rehearsal } from "./engine-port.ts";
import type { InboxItem } from "./ledger-port.ts";
import { createOverlayLedger } from "./overlay-ledger.ts";
import { withValue } from "./projection.ts";

/** Pairs that a rehearsal goes through at most; a plan of more is told as "at least". */
const mostPairs = 100_000;
const pageSize = 500;

interface Notebook {
  readonly writes: PlannedWrite[];
  calls: number;
  made: number;
  pairId: string;
}

/**
 * The next run without its effects: the same engine over a ledger that forgets and ports that note
 * a write and answer as if it had been made. So the plan can't drift from the run.
 */
export async function rehearse(
  environment: EngineEnvironment,
  createEngine: (environment: EngineEnvironment) => Engine,
): Promise<Rehearsal> {
  const { ledger } = environment;
  const overlay = createOverlayLedger(ledger);
  const notebook: Notebook = { writes: [], calls: 0, made: 0, pairId: "" };
  const { runner: _runner, witness: _witness, ...rest } = environment;
  const engine = createEngine({
    ...rest,
    clock: frozen(environment.clock),
    ledger: overlay,
    referrals: notingReferrals(environment, notebook),
    crm: notingCrm(environment, notebook),
    settings: {
      ...environment.settings,
      isApproved: true,
      callsPerMinute: Number.MAX_SAFE_INTEGER,
    },
  });
  let links = 0;
  const refusals: Rehearsal["refusals"][number][] = [];
  let seen = 0;
  for (let after = ""; seen < mostPairs; ) {
    const pairs = await ledger.pairs({ after, limit: pageSize });
    for (const { id, state, due, crm } of pairs) {
      notebook.pairId = id;
      if (due || state === "waiting" || state === "matching") await engine.reconcile(id);
      const now = await overlay.pair(id);
      for (const { field, reason, remedy } of now?.refusals ?? []) {
        refusals.push({ pairId: id, field, reason, remedy });
      }
      const isCreated = notebook.writes.some(
        ({ pairId, kind }) => pairId === id && kind === "create",
      );
      if (!crm && now?.crm && !isCreated) links += 1;
    }
    seen += pairs.length;
    const last = pairs.at(-1);
    if (!last || pairs.length < pageSize) break;
    after = last.id;
  }
  const { writes, calls } = notebook;
  const questions = await newQuestions(overlay.inbox({ isOpen: true, limit: pageSize }));
  return { writes, links, questions, refusals, calls };
}

async function newQuestions(open: Promise<readonly InboxItem[]>): Promise<readonly InboxItem[]> {
  return (await open).filter(({ kind }) => kind !== "approval");
}

/** Nothing waits in a rehearsal. */
function frozen(clock: Clock): Clock {
  return { now: () => clock.now(), sleep: async () => {} };
}

function note(
  notebook: Notebook,
  side: PlannedWrite["side"],
  kind: PlannedWrite["kind"],
  fields: readonly string[],
): void {
  notebook.writes.push({ pairId: notebook.pairId, side, kind, fields });
  if (side === "referral") notebook.calls += 1;
}

const isClosing = (operations: readonly PatchOperation[]): boolean =>
  operations.some(({ path, value }) => path === "/status" && value === "Closed");

function notingReferrals(
  { referrals, clock }: EngineEnvironment,
  notebook: Notebook,
): ReferralsPort {
  const stored = (referral: Referral): StoredReferral => {
    notebook.made += 1;
    const eTag = `"planned-${notebook.made}"`;
    const updatedDateTime = new Date(clock.now()).toISOString();
    return { referral: { ...referral, eTag, updatedDateTime }, eTag };
  };
  const current = async (id: string): Promise<Referral> => (await referrals.get(id)).referral;
  return {
    get: async (id) => {
      if (!id.startsWith("planned-")) return referrals.get(id);
      throw new Error(`the rehearsal reads ${id}, which it only planned`);
    },
    listPage: (query, options) => referrals.listPage(query, options),
    create: async (referral) => {
      note(notebook, "referral", "create", Object.keys(referral));
      const id = `planned-${notebook.made}`;
      const engagementId = referral.engagementId ?? `planned-engagement-${notebook.made}`;
      return stored({ ...referral, id, engagementId });
    },
    update: async (referral) => {
      note(notebook, "referral", "update", ["name"]);
      return stored(referral);
    },
    patch: async (id, operations) => {
      const kind = isClosing(operations) ? "close" : "update";
      note(
        notebook,
        "referral",
        kind,
        operations.map(({ path }) => path),
      );
      let document: Readonly<Record<string, unknown>> = await current(id);
      for (const { path, value } of operations) {
        document =
          path === "/status"
            ? { ...document, status: value }
            : withValue(document, path, value as never);
      }
      return stored(document as Referral);
    },
  };
}

function notingCrm({ crm, clock }: EngineEnvironment, notebook: Notebook): CrmAdapter {
  return {
    capabilities: crm.capabilities,
    read: (recordId, options) => crm.read(recordId, options),
    changesSince: (watermark, options) => crm.changesSince(watermark, options),
    upsert: async (write, options) => {
      const fields = Object.assign({}, ...write.steps.map((step) => step.fields));
      note(notebook, "crm", write.recordId ? "update" : "create", Object.keys(fields));
      notebook.made += 1;
      const id = write.recordId ?? `planned-${notebook.made}`;
      const before = write.recordId ? await crm.read(write.recordId, options) : undefined;
      const version = `planned-${notebook.made}`;
      const record: CrmRecord = {
        id,
        version,
        modifiedAt: new Date(clock.now()).toISOString(),
        fields: { ...before?.fields, ...fields },
      };
      return { id, version, record };
    },
  };
}
