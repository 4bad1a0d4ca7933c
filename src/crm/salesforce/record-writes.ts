import type { CrmFields } from "../port.ts";
import type { Subrequest } from "./composite.ts";

/** A record to be made. */
export interface NewRecord {
  readonly object: string;
  readonly fields: CrmFields;
}

/** A record to be changed. */
export interface ChangedRecord extends NewRecord {
  readonly id: string;
}

/**
 * Writes to records that hang on a deal, in the order in which they are carried out: first new
 * contacts, then what may refer to them, changes, and removals. Four collections at most.
 */
export interface RecordWrites {
  readonly contacts: NewRecord[];
  readonly rows: NewRecord[];
  readonly changes: ChangedRecord[];
  readonly removals: string[];
}

/** No write yet. */
export function noWrites(): RecordWrites {
  return { contacts: [], rows: [], changes: [], removals: [] };
}

/** True where nothing is to be written. */
export function isNothing({ changes, contacts, removals, rows }: RecordWrites): boolean {
  return contacts.length + rows.length + changes.length + removals.length === 0;
}

/** How a later record names a contact that is made in the same call. */
export function newContactReference(writes: RecordWrites): string {
  return `@{contacts[${writes.contacts.length}].id}`;
}

function asBody(records: readonly (NewRecord | ChangedRecord)[]) {
  return {
    allOrNone: true,
    records: records.map((record) => ({
      attributes: { type: record.object },
      ...("id" in record ? { id: record.id } : {}),
      ...record.fields,
    })),
  };
}

const target = "composite/sobjects";

/** The requests that carry the writes out. */
export function collectionRequests(writes: RecordWrites): readonly Subrequest[] {
  const { changes, contacts, removals, rows } = writes;
  const requests: Subrequest[] = [];
  if (contacts.length > 0) {
    requests.push({ name: "contacts", method: "POST", target, body: asBody(contacts) });
  }
  if (rows.length > 0) requests.push({ name: "rows", method: "POST", target, body: asBody(rows) });
  if (changes.length > 0) {
    requests.push({ name: "changes", method: "PATCH", target, body: asBody(changes) });
  }
  if (removals.length > 0) {
    const ids = encodeURIComponent(removals.join(","));
    requests.push({
      name: "removals",
      method: "DELETE",
      target: `${target}?ids=${ids}&allOrNone=true`,
    });
  }
  return requests;
}
