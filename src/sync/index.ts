export { type BudgetView, type CallBudget, createCallBudget, type Permit } from "./call-budget.ts";
export { isEditable } from "./edits.ts";
export { createEmbeddedRunner, type EmbeddedRunner } from "./embedded-runner.ts";
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
} from "./engine-port.ts";
export {
  type ConnectionState,
  type HistoryEntry,
  type HistoryKind,
  type InboxItem,
  type InboxKind,
  type Ledger,
  LedgerConflict,
} from "./ledger-port.ts";
export { createMemoryLedger, type LedgerSnapshot, type MemoryLedger } from "./memory-ledger.ts";
export {
  type Pair,
  type PairProblem,
  type PairState,
  pairStates,
  type Refusal,
  type Side,
} from "./pair.ts";
export { createProjection, type Projection } from "./projection.ts";
export { type EngineRules, engineRules } from "./rules.ts";
export type { Priority, Runner } from "./runner.ts";
export { defaultSettings, type EngineSettings } from "./settings.ts";
export { type Migrate, openLedger } from "./sql-ledger.ts";
