export {
  type BudgetView,
  type CallBudget,
  createCallBudget,
  type Permit,
} from "./budget/call-budget.ts";
export { type EngineRules, engineRules } from "./core/rules.ts";
export { createEngine } from "./engine.ts";
export {
  type Answer,
  type Engine,
  type EngineEnvironment,
  type EngineEvent,
  EngineRefusal,
  type Hint,
  type PauseScope,
  type PlannedWrite,
  type Rehearsal,
  type RehearsedPair,
  type RestoreWitness,
  type WalkReport,
  type Witnessed,
} from "./engine-port.ts";
export {
  type ConnectionState,
  type HistoryEntry,
  type HistoryKind,
  type InboxItem,
  type InboxKind,
  type Ledger,
  LedgerConflict,
} from "./ledger/ledger-port.ts";
export {
  createMemoryLedger,
  type LedgerSnapshot,
  type MemoryLedger,
} from "./ledger/memory-ledger.ts";
export { type Migrate, openLedger } from "./ledger/sql-ledger.ts";
export {
  type Pair,
  type PairProblem,
  type PairState,
  pairStates,
  type Refusal,
  type Side,
} from "./pair/pair.ts";
export { createProjection, type Projection } from "./pair/projection.ts";
export { isEditable } from "./people/edits.ts";
export { createEmbeddedRunner, type EmbeddedRunner } from "./run/embedded-runner.ts";
export type { Priority, Runner } from "./run/runner.ts";
export { defaultSettings, type EngineSettings } from "./settings.ts";
