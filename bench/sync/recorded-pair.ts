import type { CrmCapabilities } from "../../src/crm/port.ts";
import type { Ledger, LedgerChange } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import { pass, startEngine, untilInStep } from "./engine-life.ts";
import { edit } from "./people.ts";
import { createBenchWorld } from "./virtual-world.ts";

/** What an engine stored of one deal: the pair at rest, and the commit that settled a write. */
export interface RecordedPair {
  readonly pair: Pair;
  readonly settle: LedgerChange;
  readonly capabilities: CrmCapabilities;
}

const minute = 60_000;

/** Lets an engine link a deal and write one edit of it, and notes what it stored. */
export async function recordPair(): Promise<RecordedPair> {
  const bench = await createBenchWorld({ seed: 4, deals: 1, pageSize: 100 });
  const life = startEngine(bench);
  const changes = noteCommits(life.ledger);
  await untilInStep(bench, life);
  edit(bench, 0, "crm", 0);
  await pass(bench, minute);
  const settle = changes.find(({ history }) => history?.some(({ kind }) => kind === "wrote"));
  const [pair] = await life.ledger.pairs({ limit: 1 });
  if (!settle || !pair) throw new Error("the engine didn't settle the write");
  await life.engine.stop();
  return { pair, settle, capabilities: bench.crm.capabilities };
}

function noteCommits(ledger: Ledger): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  const commit = ledger.commit.bind(ledger);
  ledger.commit = (change) => {
    changes.push(change);
    return commit(change);
  };
  return changes;
}

/** A pair like the recorded one, of another deal, that was never stored. */
export function likePair(pair: Pair, number: number): Pair {
  const serial = String(number).padStart(12, "0");
  const id = `5e4d3c2b-0000-4000-8000-${serial}`;
  const { referral, crm } = pair;
  if (!referral || !crm) throw new Error("the recorded pair isn't whole");
  return {
    ...pair,
    id,
    revision: 0,
    engagementId: `7a1d2e63-0000-4000-8000-${serial}`,
    referral: { ...referral, id: `6f0c1c52-0000-4000-8000-${serial}` },
    crm: { ...crm, id: `8b2e3f74-0000-4000-8000-${serial}` },
  };
}
