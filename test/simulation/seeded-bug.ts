import type { ReferralsPort } from "../../src/client/port.ts";
import { type EngineRules, engineRules } from "../../src/sync/core/rules.ts";
import type { EngineEnvironment } from "../../src/sync/engine-port.ts";
import type { BudgetState, Ledger, LedgerChange } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import type { EngineSettings } from "../../src/sync/settings.ts";
import type { Invariant } from "./check/violation.ts";
import type { Sabotage } from "./engine-subject.ts";
import type { Family, Schedule } from "./schedule/schedule.ts";

/**
 * A deliberate mistake: one safeguard of the engine taken away. The campaign must notice each of
 * them.
 */
export interface SeededBug {
  readonly name: string;
  /** What was taken away. */
  readonly safeguard: string;
  /** The promise that it should break first; any breach counts as found. */
  readonly invariant: Invariant;
  /** The worlds in which its kind of fault is at home; without one, all of them. */
  readonly family?: Family;
  readonly sabotage: (schedule: Schedule) => Sabotage;
}

type Alter<T> = (whole: T, schedule: Schedule) => Partial<T>;

/** The engine with other judgements. */
export const withRules =
  (alter: Alter<EngineRules>): SeededBug["sabotage"] =>
  (schedule) => ({
    environment: (environment) => ({
      ...environment,
      rules: { ...engineRules, ...alter(engineRules, schedule) },
    }),
  });

/** The engine with other settings. */
export const withSettings =
  (alter: (whole: EngineSettings) => Partial<EngineSettings>): SeededBug["sabotage"] =>
  () => ({
    environment: (environment) => ({
      ...environment,
      settings: { ...environment.settings, ...alter(environment.settings) },
    }),
  });

/** The engine over an altered referrals API. */
export const withReferrals =
  (alter: (port: ReferralsPort) => Partial<ReferralsPort>): SeededBug["sabotage"] =>
  () => ({
    environment: (environment) => ({
      ...environment,
      referrals: { ...environment.referrals, ...alter(environment.referrals) },
    }),
  });

/** The engine over a ledger that alters the pairs it stores. */
export const withPairs =
  (alter: (pair: Pair) => Pair): SeededBug["sabotage"] =>
  () => ({
    tampering: {
      commit: (change: LedgerChange) =>
        change.pairs ? { ...change, pairs: change.pairs.map(alter) } : change,
    },
  });

/** A ledger whose budget row is somebody's own. */
export function withBudgetRow(
  environment: EngineEnvironment,
  row: { state: BudgetState | undefined },
): EngineEnvironment {
  const own: Pick<Ledger, "budget" | "swapBudget"> = {
    budget: async () => row.state,
    swapBudget: async (_owner, expected, state) => {
      if ((row.state?.revision ?? 0) !== expected) return false;
      row.state = state;
      return true;
    },
  };
  return { ...environment, ledger: withMethods(environment.ledger, own) };
}

/** A ledger with some of its methods replaced. */
export function withMethods(ledger: Ledger, own: Partial<Ledger>): Ledger {
  return new Proxy(ledger, {
    get: (target, name) => Reflect.get(name in own ? own : target, name),
  });
}
