import type { CrmFields, CrmRecord, CrmValue } from "../../../src/crm/port.ts";
import { createTrace } from "../kernel/trace.ts";
import type { CrmVersions } from "../schedule/schedule.ts";
import type { Actor } from "./referrals-model.ts";

/** What is fixed about the CRM for the length of a world. */
export interface CrmHabits {
  readonly versions: CrmVersions;
  readonly secondStamps: boolean;
  readonly clockSkewMs: number;
  /** Text is trimmed on the way in. */
  readonly trims: boolean;
  /** A change of a part other than the record itself shows in the list of changes. */
  readonly reportsChildChanges: boolean;
  /** A record has a field with its own id. */
  readonly showsOwnId?: boolean;
}

/** The field with a record's own id, where the CRM shows it. */
export const ownIdField = "dealid";

/** A change of a CRM record as the CRM carried it out; `after` is undefined for a deletion. */
export interface CrmRecordChange {
  readonly actor: Actor;
  readonly id: string;
  readonly key: string | undefined;
  readonly before: CrmFields | undefined;
  readonly after: CrmFields | undefined;
}

/** A line in the CRM's own log of changes. */
export interface CrmLogEntry {
  readonly id: string;
  readonly visibleAt: number;
  readonly isDeletion: boolean;
  /** The record as the change left it. */
  readonly record: CrmRecord;
}

/** A record with its external key and a counter for each part. */
export interface CrmRow {
  readonly id: string;
  /** The external id under which an upsert finds it. */
  key: string | undefined;
  fields: CrmFields;
  readonly partVersions: Map<string, number>;
  /** How often something was changed that isn't mapped. */
  unmapped: number;
  modifiedAt: string;
  modifiedBy: Actor;
  isDeleted: boolean;
}

/** A CRM as a set of deals; the adapter that the engine sees is a layer above. */
export interface CrmModel {
  readonly habits: CrmHabits;
  find(id: string): CrmRow | undefined;
  findByKey(key: string): CrmRow | undefined;
  /** The last listed change of a record. */
  newestOf(id: string): CrmLogEntry | undefined;
  /** The deletion of a record, once it happened. */
  deletionOf(id: string): CrmLogEntry | undefined;
  /** Everything that ever changed, oldest first. */
  readonly log: readonly CrmLogEntry[];
  rows(): Iterable<CrmRow>;
  /** Accounts and contacts whose deal doesn't exist yet, by the deal's external key. */
  readonly loose: Map<string, CrmFields>;
  /** The id that the next new record will have. */
  nextId(): string;
  create(actor: Actor, key: string | undefined, fields: CrmFields): CrmRow;
  change(id: string, actor: Actor, part: string, fields: CrmFields): void;
  setKey(id: string, key: string): void;
  remove(id: string, actor: Actor): void;
  /** New versions over the same content. */
  churn(id: string): void;
  record(row: CrmRow): CrmRecord;
  /** Sets how long a change stays out of the list of changes, asked at each change. */
  lagBy(lagMs: () => number): void;
}

/**
 * The part that a field belongs to: `account.name` → `account`, `contacts` → `contacts`, others →
 * `deal`.
 */
export function partOf(field: string): string {
  if (field.startsWith("account.")) return "account";
  return field === "contacts" ? "contacts" : "deal";
}

/** A model CRM. `onChange` hears of each change after it is stored. */
export function createCrmModel(options: {
  /** Begins each record id, so that ids of two CRMs differ. */
  readonly prefix: string;
  readonly now: () => number;
  readonly habits: CrmHabits;
  readonly onChange: (change: CrmRecordChange) => void;
}): CrmModel {
  const { habits, onChange } = options;
  const rows = new Map<string, CrmRow>();
  const byKey = new Map<string, CrmRow>();
  const log: CrmLogEntry[] = [];
  const newest = new Map<string, CrmLogEntry>();
  const deletions = new Map<string, CrmLogEntry>();
  let lagMs = (): number => 0;
  let created = 0;

  const stamp = (): string => {
    const time = options.now() + habits.clockSkewMs;
    return new Date(habits.secondStamps ? Math.floor(time / 1000) * 1000 : time).toISOString();
  };
  const stored = (value: CrmValue): CrmValue =>
    habits.trims && typeof value === "string" ? value.trim() : value;
  const normalised = (fields: CrmFields): CrmFields =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, stored(value)]));
  const recordOf = (row: CrmRow): CrmRecord => ({
    id: row.id,
    version: versionOf(row),
    modifiedAt: row.modifiedAt,
    fields: row.fields,
    modifiedBy: row.modifiedBy,
    url: `https://crm.example/deals/${row.id}`,
  });
  const landed = (row: CrmRow, actor: Actor, part: string, isDeletion: boolean): void => {
    row.partVersions.set(part, (row.partVersions.get(part) ?? 0) + 1);
    // A linked row has a stamp of its own there, which nobody is shown.
    const isElsewhere = habits.versions === "stamp-and-content" && part !== "deal";
    if (!isElsewhere) row.modifiedAt = stamp();
    row.modifiedBy = actor;
    if (part !== "deal" && !habits.reportsChildChanges && !isDeletion) return;
    const visibleAt = options.now() + lagMs();
    const entry = { id: row.id, visibleAt, isDeletion, record: recordOf(row) };
    log.push(entry);
    newest.set(row.id, entry);
    if (isDeletion) deletions.set(row.id, entry);
  };
  const versionOf = (row: CrmRow): string => {
    if (habits.versions === "none") return "";
    if (habits.versions === "stamp") return row.modifiedAt;
    if (habits.versions === "stamp-and-content") return stampedContent(row);
    return [...row.partVersions].map(([part, count]) => `${part}${count}`).join("-");
  };

  return {
    habits,
    find: (id) => rows.get(id),
    findByKey: (key) => byKey.get(key),
    log,
    newestOf: (id) => newest.get(id),
    deletionOf: (id) => deletions.get(id),
    rows: () => rows.values(),
    loose: new Map(),
    nextId: () => `${options.prefix}-${created + 1}`,
    create(actor, key, fields) {
      created += 1;
      const id = `${options.prefix}-${created}`;
      const row: CrmRow = {
        id,
        key,
        fields: normalised(habits.showsOwnId ? { ...fields, [ownIdField]: id } : fields),
        partVersions: new Map([
          ["deal", 0],
          ["account", 0],
          ["contacts", 0],
        ]),
        unmapped: 0,
        modifiedAt: "",
        modifiedBy: actor,
        isDeleted: false,
      };
      rows.set(row.id, row);
      if (key !== undefined) byKey.set(key, row);
      landed(row, actor, "deal", false);
      onChange({ actor, id: row.id, key, before: undefined, after: row.fields });
      return row;
    },
    change(id, actor, part, fields) {
      const row = rows.get(id);
      if (!row || row.isDeleted) return;
      const before = row.fields;
      row.fields = { ...before, ...normalised(fields) };
      landed(row, actor, part, false);
      onChange({ actor, id, key: row.key, before, after: row.fields });
    },
    setKey(id, key) {
      const row = rows.get(id);
      if (!row) return;
      row.key = key;
      byKey.set(key, row);
    },
    remove(id, actor) {
      const row = rows.get(id);
      if (!row || row.isDeleted) return;
      row.isDeleted = true;
      if (row.key !== undefined) byKey.delete(row.key);
      landed(row, actor, "deal", true);
      onChange({ actor, id, key: row.key, before: row.fields, after: undefined });
    },
    churn(id) {
      const row = rows.get(id);
      if (!row || row.isDeleted) return;
      row.unmapped += 1;
      landed(row, "server", "deal", false);
    },
    record: recordOf,
    lagBy(next) {
      lagMs = next;
    },
  };
}

function stampedContent({ modifiedAt, fields, unmapped }: CrmRow): string {
  const content = createTrace(false);
  content.note(unmapped, JSON.stringify(fields));
  return `${modifiedAt}+${content.digest()}`;
}

/**
 * True where `expected` is the version of a row that has just been read: an adapter that makes
 * versions of its own compares them before it writes.
 */
export function isAsRead(row: CrmRow, expected: string, versions: CrmVersions): boolean {
  return versions !== "stamp-and-content" || stampedContent(row) === expected;
}

/**
 * True where `expected` still holds for `part` of a row, as far as this CRM's versions can tell.
 */
export function isCurrent(
  row: CrmRow,
  part: string,
  expected: string,
  versions: CrmVersions,
): boolean {
  if (versions === "none") return true;
  // Whole seconds: a change within the same second goes unnoticed, as with If-Unmodified-Since.
  if (versions !== "etag") return row.modifiedAt.slice(0, 19) <= expected.slice(0, 19);
  const current = `${part}${row.partVersions.get(part) ?? 0}`;
  return expected.split("-").includes(current);
}
