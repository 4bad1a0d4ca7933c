import { type Database, type Migration, migrate } from "../storage/index.ts";

/** A stored row's values. */
export type RowValues = Readonly<Record<string, unknown>>;

const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE sandbox_rows (kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (kind, id))`,
    ],
  },
];

/**
 * The rows of an emulated system: held in memory, where its rules work on them, and written behind
 * to a database, so that they survive a restart.
 *
 * Invariant: a change is whole. Where the work of `change` throws, every row is as it was before.
 */
export class RowStore {
  readonly #database: Database;
  readonly #kinds = new Map<string, Map<string, RowValues>>();
  readonly #unsaved = new Map<string, readonly [string, string]>();
  readonly #undo: (() => void)[] = [];
  #depth = 0;
  #saving: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Opens a store over a database; what is stored stays. */
  static async open(database: Database): Promise<RowStore> {
    await migrate(database, "sandbox-rows", migrations);
    const store = new RowStore(database);
    const rows = await database.all(
      "SELECT kind, id, document FROM sandbox_rows ORDER BY kind, id",
    );
    for (const { kind, id, document } of rows) {
      const values = JSON.parse(String(document)) as RowValues;
      store.#rowsOf(String(kind)).set(String(id), values);
    }
    return store;
  }

  #rowsOf(kind: string): Map<string, RowValues> {
    const present = this.#kinds.get(kind);
    if (present) return present;
    const rows = new Map<string, RowValues>();
    this.#kinds.set(kind, rows);
    return rows;
  }

  get(kind: string, id: string): RowValues | undefined {
    return this.#kinds.get(kind)?.get(id);
  }

  /** Every row of a kind. */
  all(kind: string): readonly RowValues[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])];
  }

  put(kind: string, id: string, values: RowValues): void {
    this.#replace(kind, id, values);
  }

  remove(kind: string, id: string): void {
    this.#replace(kind, id, undefined);
  }

  #replace(kind: string, id: string, values: RowValues | undefined): void {
    const before = this.get(kind, id);
    this.#set(kind, id, values);
    this.#undo.push(() => this.#set(kind, id, before));
  }

  #set(kind: string, id: string, values: RowValues | undefined): void {
    if (values === undefined) this.#rowsOf(kind).delete(id);
    else this.#rowsOf(kind).set(id, values);
    this.#unsaved.set(`${kind}/${id}`, [kind, id]);
  }

  /** Does work that is undone where it throws; may be nested. */
  change<T>(work: () => T): T {
    const mark = this.#undo.length;
    this.#depth += 1;
    try {
      return work();
    } catch (error) {
      while (this.#undo.length > mark) this.#undo.pop()?.();
      throw error;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#undo.length = 0;
    }
  }

  /** Resolves when everything that was changed so far is in the database. */
  async saved(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save());
    await this.#saving;
  }

  async #save(): Promise<void> {
    if (this.#unsaved.size === 0) return;
    const places = [...this.#unsaved.values()];
    this.#unsaved.clear();
    const documents = places.map(([kind, id]) => {
      const values = this.get(kind, id);
      return { kind, id, document: values === undefined ? undefined : JSON.stringify(values) };
    });
    await this.#database.transaction(async (transaction) => {
      for (const { kind, id, document } of documents) {
        if (document === undefined) {
          await transaction.run("DELETE FROM sandbox_rows WHERE kind = ? AND id = ?", [kind, id]);
          continue;
        }
        await transaction.run(
          `INSERT INTO sandbox_rows (kind, id, document) VALUES (?, ?, ?)
            ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document`,
          [kind, id, document],
        );
      }
    });
  }
}
