import type {
  ConnectionState,
  HistoryEntry,
  InboxItem,
  Ledger,
  LedgerChange,
} from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import type { Generation } from "./kernel/generation.ts";

type Unnumbered = Omit<HistoryEntry, "sequence">;

/** What a ledger holds, built from its commits: readable at once, whichever database is behind. */
export interface LedgerMirror {
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly inbox: ReadonlyMap<string, InboxItem>;
  readonly history: readonly Unnumbered[];
  /** Everything that was ever on record, whatever a restored backup has forgotten since. */
  readonly everOnRecord: {
    readonly history: readonly Unnumbered[];
    readonly inbox: readonly InboxItem[];
    /** Every record that a pair stood for, by the pair's id. */
    readonly records: ReadonlyMap<string, ReadonlySet<string>>;
  };
  readonly connection: ConnectionState | undefined;
  /** The ledger's generation, counted from outside. */
  readonly generation: number;
  apply(change: LedgerChange): void;
  /** Is told of each change; the last one to ask is. */
  follow(listener: (change: LedgerChange) => void): void;
  /** A copy to go back to. */
  snapshot(): MirrorSnapshot;
  restore(snapshot: MirrorSnapshot): void;
}

/** A mirror at one moment. */
export interface MirrorSnapshot {
  readonly pairs: readonly Pair[];
  readonly inbox: readonly InboxItem[];
  readonly historyLength: number;
  readonly connection: ConnectionState | undefined;
  readonly generation: number;
}

/** An empty mirror. */
export function createLedgerMirror(): LedgerMirror {
  const pairs = new Map<string, Pair>();
  const inbox = new Map<string, InboxItem>();
  const history: Unnumbered[] = [];
  const ever = {
    history: [] as Unnumbered[],
    inbox: [] as InboxItem[],
    records: new Map<string, Set<string>>(),
  };
  const noteRecords = ({ id, referral, crm }: Pair): void => {
    const records = ever.records.get(id) ?? new Set();
    ever.records.set(id, records);
    if (referral) records.add(referral.id);
    if (crm) records.add(crm.id);
  };
  let connection: ConnectionState | undefined;
  let generation = 0;
  let follower = (_change: LedgerChange): void => {};
  return {
    pairs,
    inbox,
    history,
    everOnRecord: ever,
    get connection() {
      return connection;
    },
    get generation() {
      return generation;
    },
    apply(change) {
      generation += (change.connection ? 1 : 0) + (change.isSending ? 1 : 0);
      for (const pair of change.removed ?? []) pairs.delete(pair.id);
      for (const pair of change.pairs ?? []) {
        pairs.set(pair.id, pair);
        noteRecords(pair);
      }
      for (const item of change.inbox ?? []) inbox.set(item.id, item);
      history.push(...(change.history ?? []));
      ever.history.push(...(change.history ?? []));
      ever.inbox.push(...(change.inbox ?? []));
      connection = change.connection ?? connection;
      follower(change);
    },
    follow(listener) {
      follower = listener;
    },
    snapshot: () => ({
      pairs: [...pairs.values()],
      inbox: [...inbox.values()],
      historyLength: history.length,
      connection,
      generation,
    }),
    restore(snapshot) {
      pairs.clear();
      inbox.clear();
      for (const pair of snapshot.pairs) pairs.set(pair.id, pair);
      for (const item of snapshot.inbox) inbox.set(item.id, item);
      history.length = snapshot.historyLength;
      connection = snapshot.connection;
      generation = snapshot.generation;
    },
  };
}

/** Changes a commit or a budget on its way to the database: how a seeded bug forgets something. */
export interface LedgerTampering {
  readonly commit?: (change: LedgerChange) => LedgerChange;
  /** Hears of what was stored. */
  readonly onCommit?: (change: LedgerChange) => void;
}

/** The names of an object's methods, those of its class and of what that extends among them. */
function methodsOf(object: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let holder = object; holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (name !== "constructor" && typeof Reflect.get(object, name) === "function")
        names.add(name);
    }
  }
  return names;
}

/**
 * A ledger as one life of the process has it: a dead process neither reads nor writes, and each
 * commit is a place to die,
 * just before it is durable or just after.
 */
export function guardLedger(
  ledger: Ledger,
  generation: Generation,
  mirror: LedgerMirror,
  track: <T>(work: Promise<T>) => Promise<T>,
  tampering: LedgerTampering = {},
): Ledger {
  const commit = (change: LedgerChange): Promise<void> =>
    generation.call<void>((resolve, reject) => {
      if (generation.boundary("commit")) return;
      const stored = tampering.commit?.(change) ?? change;
      track(ledger.commit(stored)).then(() => {
        mirror.apply(stored);
        tampering.onCommit?.(stored);
        if (!generation.boundary("committed")) resolve();
      }, reject);
    });
  const swapBudget: Ledger["swapBudget"] = (owner, expected, state) =>
    generation.call<boolean>((resolve, reject) => {
      if (generation.boundary("budget")) return;
      track(ledger.swapBudget(owner, expected, state)).then((isSwapped) => {
        if (!generation.boundary("budgeted")) resolve(isSwapped);
      }, reject);
    });
  // Every other method only reads.
  const guarded: Record<string, unknown> = {};
  for (const name of methodsOf(ledger)) {
    const method = Reflect.get(ledger, name) as (...values: unknown[]) => unknown;
    guarded[name] = (...values: unknown[]): unknown =>
      generation.isAlive() ? method.apply(ledger, values) : new Promise(() => {});
  }
  return { ...(guarded as unknown as Ledger), commit, swapBudget };
}
