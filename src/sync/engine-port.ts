import type { ReferralsPort } from "../client/port.ts";
import type { Mapping } from "../crm/mapping-port.ts";
import type { CrmAdapter, CrmValue } from "../crm/port.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import type { EngineRules } from "./core/rules.ts";
import type { HistoryEntry, InboxItem, Ledger } from "./ledger/ledger-port.ts";
import type { Side } from "./pair/pair.ts";
import type { Runner } from "./run/runner.ts";
import type { EngineSettings } from "./settings.ts";

/** How far the ledger has come. Both only grow, but for a restore. */
export interface Witnessed {
  /** Moves on with each walk and before each write to the outside. */
  readonly generation: number;
  /** Moves on before each call to the referrals API. */
  readonly calls: number;
}

/**
 * How far the ledger has come, kept outside the database, so that a database restored from a backup
 * is noticed. `write` is durable before it resolves.
 */
export interface RestoreWitness {
  read(): Promise<Witnessed | undefined>;
  write(witnessed: Witnessed): Promise<void>;
}

/**
 * Everything that the engine needs of the world; it has no other source of time, chance or data.
 */
export interface EngineEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly referrals: ReferralsPort;
  readonly crm: CrmAdapter;
  readonly ledger: Ledger;
  readonly mapping: Mapping;
  readonly settings: EngineSettings;
  /** The judgements that the promises rest on; `engineRules` unless a test takes one away. */
  readonly rules?: EngineRules;
  /** Spreads reconciling over workers; without one, `start` reconciles in this process. */
  readonly runner?: Runner;
  readonly witness?: RestoreWitness;
}

/** What a walk over one side found. */
export interface WalkReport {
  readonly side: Side;
  readonly pages: number;
  readonly observed: number;
  /** Observations that were news. */
  readonly changed: number;
}

/** A sign that something changed: never data, never an order. */
export interface Hint {
  readonly side: Side;
  readonly id: string;
  /** The stamp that the sender named, where it did. */
  readonly changedAt?: string;
}

/** How a person answers a question of the inbox. */
export type Answer =
  | { readonly choose: "referral" | "crm"; readonly always?: boolean }
  | { readonly choose: "value"; readonly value: CrmValue }
  /**
   * match: the CRM record to link, or a new deal; double: close the referral that is too many, or
   * leave it.
   */
  | { readonly choose: "link"; readonly recordId: string }
  | { readonly choose: "create" }
  | { readonly choose: "close" }
  | { readonly choose: "dismiss" };

/** One write that a rehearsal would have made. */
export interface PlannedWrite {
  readonly pairId: string;
  readonly side: Side;
  readonly kind: "create" | "update" | "close";
  readonly fields: readonly string[];
  /** Only shows the seller in the CRM how the deal stands. */
  readonly isTelling?: true;
}

/** A pair that a rehearsal names: what it is called, and what each write would change. */
export interface RehearsedPair {
  readonly name: CrmValue;
  readonly customer: CrmValue;
  readonly changes: readonly {
    readonly side: Side;
    /** The write that changes it. */
    readonly kind: "create" | "update";
    readonly field: string;
    readonly label: string;
    readonly from: CrmValue;
    readonly to: CrmValue;
  }[];
}

/** What would happen next, computed by the same engine over a copy that forgets. */
export interface Rehearsal {
  readonly writes: readonly PlannedWrite[];
  readonly links: number;
  /** By pair id: every pair that is named here. */
  readonly pairs: Readonly<Record<string, RehearsedPair>>;
  readonly questions: readonly InboxItem[];
  readonly refusals: readonly {
    readonly pairId: string;
    readonly field: string;
    /** The side that wouldn't receive it. */
    readonly side: Side;
    readonly reason: string;
    readonly remedy: string;
  }[];
  /** Calls to the referrals API that the writes would spend. */
  readonly calls: number;
}

/** Something that followers may want to show at once; read the ledger for what it means. */
export interface EngineEvent {
  readonly at: number;
  readonly pairIds: readonly string[];
  readonly kinds: readonly HistoryEntry["kind"][];
  /** True where the inbox, the approval or a pause changed. */
  readonly isForPeople: boolean;
}

/**
 * Keeps one CRM and one Partner Center in step.
 *
 * Every method is a step that can be taken by hand; `start` takes them in a loop. A step may be
 * abandoned at any await and repeated by a new engine on the same ledger.
 */
export interface Engine {
  /**
   * Notices a restored database, reads what an earlier process left; the first thing to call,
   * `start` calls it.
   */
  open(): Promise<void>;
  /** One whole walk over the referrals that changed. */
  pollReferrals(): Promise<WalkReport>;
  /** One whole walk over the CRM's changes. */
  pollCrm(): Promise<WalkReport>;
  /**
   * Moves the next walk over the CRM forward, to `delayMs` from now. However often it is called,
   * such
   * walks are `earlyPollGapMs` apart, and a CRM that asked to be left alone is.
   */
  pollCrmSoon(delayMs: number): void;
  /** Marks what the hint names as due; true where it wasn't known already. */
  hint(hint: Hint): Promise<boolean>;
  /**
   * Looks, plans, acts and settles until the pair is at rest, waits for a person, or for another
   * time.
   */
  reconcile(pairId: string): Promise<void>;
  /** Reconciles the pairs that are due now, at most `limit` of them; resolves to how many. */
  runDue(limit?: number): Promise<number>;
  /** When the next pair is due or the next poll or audit is to run, by the clock. */
  nextDue(): Promise<number>;
  /**
   * Polls whose time has come and due pairs, once each; resolves to the number of pairs reconciled.
   */
  tick(): Promise<number>;
  /** Compares everything on both sides with what was seen, repairs and counts drift. */
  auditSweep(): Promise<{ readonly drift: number }>;
  /** Opens, then polls and reconciles until stopped; rejects where a bug ends it. */
  start(): Promise<void>;
  /** Finishes what is under way, then resolves. */
  stop(): Promise<void>;

  /** `under`: what another mapping would do, to what is in step too. */
  rehearse(under?: Mapping): Promise<Rehearsal>;
  /**
   * Plans every linked pair anew, as after a change of the mapping; `rereadsCrm`: because it names
   * fields that were never read.
   */
  replan(options?: { readonly rereadsCrm?: boolean }): Promise<void>;
  /** "Always prefer this side for this field"; undefined: as the mapping says. */
  prefer(field: string, side: Side | undefined): Promise<void>;
  /** Allows the writes of a first run or after a restore, and releases the deletion brake. */
  approve(by?: string): Promise<void>;
  resolve(itemId: string, answer: Answer, by?: string): Promise<void>;
  /**
   * Writes a person's values, in the referral's form, to both sides; answers what was asked about
   * those fields. Rejects with EngineRefusal where the lifecycle or a lens forbids it.
   */
  edit(pairId: string, values: Readonly<Record<string, CrmValue>>, by?: string): Promise<void>;
  /**
   * Writes the value that a write of ours replaced, and parks the field. Rejects with EngineRefusal
   * where it can't.
   */
  undo(sequence: number, by?: string): Promise<void>;
  /** Clears what stopped a pair, reads both sides and tries again, before everything else. */
  replay(pairId: string, by?: string): Promise<void>;
  pause(scope: PauseScope, by?: string): Promise<void>;
  resume(scope: PauseScope, by?: string): Promise<void>;
  /** Ends a pair: neither side is written any more, and it is never linked anew by itself. */
  unlink(pairId: string, by?: string): Promise<void>;
  /** Declares that the database is older than the world: a new epoch begins. */
  declareRestored(by?: string): Promise<void>;
  subscribe(listener: (event: EngineEvent) => void): () => void;
}

/** What is paused: everything, one pair, or one field of a pair. */
export interface PauseScope {
  readonly pairId?: string;
  readonly field?: string;
}

/** A person's request that can't be carried out: why, and what to do instead. */
export class EngineRefusal extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = "EngineRefusal";
    this.remedy = remedy;
  }
}
