import type { SqlValue, Transaction } from "../../storage/port.ts";
import { customerName, customerStays, keyIsTaken, oneCustomer } from "../adapting/party-rules.ts";
import { isSameCustomer } from "../adapting/same-customer.ts";
import { dealChanged, dealIsGone } from "../adapting/write-in-steps.ts";
import { CrmError, type CrmFields, type CrmRecord, type CrmValue, type CrmWrite } from "../port.ts";
import { accountPrefix, type SqlAccounts, type SqlAdapterOptions, type SqlList } from "./layout.ts";
import { differing, toColumn } from "./mapping.ts";
import { type DealReading, readDealBy, type SqlSnapshot } from "./read-deals.ts";
import { assertFits } from "./refusals.ts";
import { insertText, quoted, stampTexts, updateText } from "./statements.ts";

const words = { system: "the database", one: "customer", many: "customers" };

/** What writing deals needs beside reading them. */
export interface DealWriting extends DealReading {
  readonly options: SqlAdapterOptions;
}

/** Everything that a write wants, by where it stands. */
interface Wanted {
  readonly own: CrmFields;
  readonly account: CrmFields;
  readonly lists: CrmFields;
}

function wantedOf(writing: DealWriting, write: CrmWrite): Wanted {
  const all: CrmFields = Object.assign({}, ...write.steps.map(({ fields }) => fields));
  const lists = new Set(writing.shape.lists);
  const pick = (isMine: (name: string) => boolean): CrmFields =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isMine(name)));
  const account = pick((name) => name.startsWith(accountPrefix));
  return {
    own: pick((name) => !name.startsWith(accountPrefix) && !lists.has(name)),
    account: Object.fromEntries(
      Object.entries(account).map(([name, value]) => [name.slice(accountPrefix.length), value]),
    ),
    lists: pick((name) => lists.has(name)),
  };
}

function entriesOf(value: CrmValue | undefined): readonly CrmFields[] {
  return Array.isArray(value) ? (value as readonly CrmFields[]) : [];
}

function keyOf(list: SqlList, entry: CrmFields): string {
  return String(entry[list.key] ?? "")
    .trim()
    .toLowerCase();
}

/** The values to bind for columns of a row. */
const bound = (fields: CrmFields): SqlValue[] => Object.values(fields).map(toColumn);

class DealWrite {
  readonly #transaction: Transaction;
  readonly #writing: DealWriting;
  readonly #write: CrmWrite;
  readonly #wanted: Wanted;

  constructor(transaction: Transaction, writing: DealWriting, write: CrmWrite) {
    this.#transaction = transaction;
    this.#writing = writing;
    this.#write = write;
    this.#wanted = wantedOf(writing, write);
  }

  async run(): Promise<CrmRecord> {
    const { key, recordId, steps } = this.#write;
    const { layout, tables } = this.#writing.shape;
    assertFits(tables.deals, this.#wanted.own);
    const present =
      recordId === undefined
        ? await this.#find(layout.key, key)
        : await this.#find(layout.id, recordId);
    if (recordId !== undefined && !present) throw dealIsGone();
    const expected = steps[0]?.expectedVersion;
    if (recordId !== undefined && expected !== undefined && present?.record.version !== expected) {
      throw dealChanged();
    }
    if (recordId === undefined && present) return this.#sameOrConflict(present);
    const link = await this.#writeAccount(present);
    const dealId = present
      ? await this.#update(present, link)
      : await this.#insert({ ...this.#wanted.own, ...link });
    const hasNewRows = await this.#writeLists(dealId, present);
    if (hasNewRows && present) await this.#touch(dealId);
    const after = await this.#find(layout.id, dealId);
    if (!after) throw dealIsGone();
    return after.record;
  }

  #find(column: string, value: SqlValue): Promise<SqlSnapshot | undefined> {
    return readDealBy(this.#transaction, this.#writing, column, value);
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  #sameOrConflict({ record }: SqlSnapshot): CrmRecord {
    const { own, lists } = this.#wanted;
    const isSame =
      Object.keys(differing(own, record.fields)).length === 0 &&
      Object.keys(lists).every((name) => !this.#listDiffers(name, record.fields[name]));
    if (isSame) return record;
    throw keyIsTaken(record.id);
  }

  #listDiffers(name: string, present: CrmValue | undefined): boolean {
    const list = this.#writing.shape.layout.lists?.[name];
    if (!list) return false;
    const wanted = entriesOf(this.#wanted.lists[name]);
    const found = entriesOf(present);
    return (
      wanted.length !== found.length ||
      wanted.some((entry) => {
        const other = found.find((each) => keyOf(list, each) === keyOf(list, entry));
        return !other || Object.keys(differing(entry, other)).length > 0;
      })
    );
  }

  #stampColumns(): Readonly<Record<string, string>> {
    const { dialect, options, shape } = this.#writing;
    if (options.setsStamp === false) return {};
    return { [shape.layout.stamp]: stampTexts[dialect][shape.layout.stampKind].now };
  }

  async #insert(fields: CrmFields): Promise<SqlValue> {
    const { options, shape } = this.#writing;
    const { id, key, table } = shape.layout;
    const named = {
      ...fields,
      [key]: this.#write.key,
      ...(options.newId === "key" ? { [id]: this.#write.key } : {}),
    };
    const text = insertText(table, Object.keys(named), this.#stampColumns());
    await this.#transaction.run(text, bound(named));
    // By the key, since a view's trigger may keep the new row's id to itself.
    const made = await this.#find(key, this.#write.key);
    if (!made) throw new CrmError("invalid", "the database took a new deal and doesn't show it");
    return made.rows.deal[id] ?? null;
  }

  async #update({ record, rows }: SqlSnapshot, link: CrmFields): Promise<SqlValue> {
    const { layout } = this.#writing.shape;
    const id = rows.deal[layout.id] ?? null;
    const changes = { ...differing(this.#wanted.own, record.fields), ...link };
    if (Object.keys(changes).length === 0) return id;
    const where = `${quoted(layout.id)} = ?`;
    const text = updateText(layout.table, Object.keys(changes), where, this.#stampColumns());
    await this.#transaction.run(text, [...bound(changes), id]);
    return id;
  }

  /** A change of lists alone moves the deal's stamp too, so that every walk sees it. */
  async #touch(id: SqlValue): Promise<void> {
    const { layout } = this.#writing.shape;
    const stamp = this.#stampColumns();
    if (Object.keys(stamp).length === 0) return;
    const text = updateText(layout.table, [], `${quoted(layout.id)} = ?`, stamp);
    await this.#transaction.run(text, [id]);
  }

  /** The deals' column that leads to the customer, where it must change. */
  async #writeAccount(present: SqlSnapshot | undefined): Promise<CrmFields> {
    const { options, shape } = this.#writing;
    const { accounts } = shape.layout;
    const wanted = this.#wanted.account;
    if (!accounts || Object.keys(wanted).length === 0) return {};
    assertFits(shape.tables.accounts, wanted, accountPrefix);
    const link = present?.rows.deal[accounts.link] ?? null;
    if (present?.rows.account && link !== null) {
      const now = Object.fromEntries(
        shape.account.map((name) => [name, present.record.fields[accountPrefix + name] ?? null]),
      );
      const changes = differing(wanted, now);
      const [first] = Object.keys(changes);
      if (first === undefined) return {};
      if (!options.updateAccounts) throw customerStays(words, accountPrefix + first);
      const text = updateText(accounts.table, Object.keys(changes), `${quoted(accounts.id)} = ?`);
      await this.#transaction.run(text, [...bound(changes), link]);
      return {};
    }
    const id = await this.#findOrInsertAccount(accounts, wanted);
    return { [accounts.link]: id as CrmValue };
  }

  async #findOrInsertAccount(accounts: SqlAccounts, wanted: CrmFields): Promise<SqlValue> {
    const field = accountPrefix + accounts.name;
    const name = customerName(wanted[accounts.name], field);
    const columns = [accounts.id, accounts.name, accounts.postalCode, accounts.country];
    const rows = await this.#transaction.all(
      `SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(accounts.table)} ` +
        `WHERE lower(trim(${quoted(accounts.name)})) = lower(?) ORDER BY ${quoted(accounts.id)}`,
      [name],
    );
    const customer = (row: Readonly<Record<string, unknown>>) => ({
      name: row[accounts.name] as CrmValue,
      postalCode: row[accounts.postalCode] as CrmValue,
      country: row[accounts.country] as CrmValue,
    });
    const found = rows.filter((row) => isSameCustomer(customer(row), customer(wanted)));
    const { ambiguousAccount = "refuse" } = this.#writing.options;
    const first = oneCustomer(found, ambiguousAccount, words, field);
    if (first) return first[accounts.id] ?? null;
    const insert = insertText(accounts.table, Object.keys(wanted));
    const text = `${insert} RETURNING ${quoted(accounts.id)}`;
    const made = await this.#transaction.get(text, bound(wanted));
    return made?.[accounts.id] ?? null;
  }

  async #writeLists(dealId: SqlValue, present: SqlSnapshot | undefined): Promise<boolean> {
    let hasChanged = false;
    for (const [name, value] of Object.entries(this.#wanted.lists)) {
      const list = this.#writing.shape.layout.lists?.[name];
      const table = this.#writing.shape.tables.lists[name];
      if (!list || !table || !this.#listDiffers(name, present?.record.fields[name])) continue;
      hasChanged = true;
      const found = entriesOf(present?.record.fields[name]);
      const wanted = new Map(entriesOf(value).map((entry) => [keyOf(list, entry), entry]));
      for (const entry of found) {
        if (wanted.has(keyOf(list, entry))) continue;
        const where = `${quoted(list.deal)} = ? AND ${quoted(list.key)} = ?`;
        const values = [dealId, toColumn(entry[list.key] ?? null)];
        await this.#transaction.run(`DELETE FROM ${quoted(list.table)} WHERE ${where}`, values);
      }
      for (const [key, entry] of wanted) {
        const other = found.find((each) => keyOf(list, each) === key);
        await this.#writeRow(list, dealId, this.#columnsOf(list, entry), other);
      }
    }
    return hasChanged;
  }

  #columnsOf(list: SqlList, entry: CrmFields): CrmFields {
    return Object.fromEntries(
      list.columns
        .filter((name) => entry[name] !== undefined)
        .map((name) => [name, entry[name] ?? null]),
    );
  }

  async #writeRow(
    list: SqlList,
    dealId: SqlValue,
    entry: CrmFields,
    present: CrmFields | undefined,
  ): Promise<void> {
    const stamp = list.stamp === undefined ? {} : { [list.stamp]: this.#now() };
    if (!present) {
      const text = insertText(list.table, [...Object.keys(entry), list.deal], stamp);
      await this.#transaction.run(text, [...bound(entry), dealId]);
      return;
    }
    const changes = differing(entry, present);
    if (Object.keys(changes).length === 0) return;
    const where = `${quoted(list.deal)} = ? AND ${quoted(list.key)} = ?`;
    const values = [...bound(changes), dealId, toColumn(present[list.key] ?? null)];
    await this.#transaction.run(updateText(list.table, Object.keys(changes), where, stamp), values);
  }

  #now(): string {
    const { dialect, shape } = this.#writing;
    return stampTexts[dialect][shape.layout.stampKind].now;
  }
}

/** Carries out a whole write inside a transaction: all of it happens, or none. Errors: CrmError. */
export function writeDeal(
  transaction: Transaction,
  writing: DealWriting,
  write: CrmWrite,
): Promise<CrmRecord> {
  return new DealWrite(transaction, writing, write).run();
}
