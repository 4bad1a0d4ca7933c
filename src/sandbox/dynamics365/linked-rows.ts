import { lookupProperty, type Table } from "./model.ts";
import {
  type Document,
  nextVersion,
  removeRow,
  rowsAfter,
  type StoredRow,
  saveRow,
} from "./store.ts";
import { alternateKeyValues, lookupTypeSuffix, type WriteSession } from "./write-session.ts";

const ends = ["record1id", "record1roleid", "record2id", "record2roleid"] as const;

function mirrored(document: Document): Record<string, unknown> {
  const mirror: Record<string, unknown> = { ...document };
  for (const end of ends) {
    const other = end.replace(/[12]/, (digit) => (digit === "1" ? "2" : "1"));
    for (const suffix of ["", lookupTypeSuffix]) {
      mirror[lookupProperty(end) + suffix] = document[lookupProperty(other) + suffix] ?? null;
    }
  }
  return mirror;
}

/** A connection is two rows, one seen from each end; the second is made with the first. */
export async function addMirror(
  session: WriteSession,
  table: Table,
  row: StoredRow,
): Promise<void> {
  if (table.name !== "connection") return;
  const id = session.random.uuid();
  const related = lookupProperty("relatedconnectionid");
  const version = await nextVersion(session.transaction);
  const document = {
    ...mirrored(row.document),
    connectionid: id,
    ismaster: false,
    [related]: row.id,
    versionnumber: version,
  };
  await saveRow(session.transaction, table.name, { id, version, document }, {});
  const first = { ...row, document: { ...row.document, [related]: id } };
  await saveRow(session.transaction, table.name, first, {});
}

/** Deletes a row with what can't be without it, and clears the lookups that pointed to it. */
export async function removeWithLinks(
  session: WriteSession,
  table: Table,
  row: StoredRow,
): Promise<void> {
  await removeRow(session.transaction, table.name, row.id, await nextVersion(session.transaction));
  for (const other of session.model.values()) {
    const lookups = Object.values(other.attributes)
      .filter(({ targets = {} }) => Object.values(targets).includes(table.name))
      .map(({ name }) => lookupProperty(name));
    if (lookups.length === 0) continue;
    for (const linked of await rowsAfter(session.transaction, other.name, 0)) {
      const pointing = lookups.filter((property) => linked.document[property] === row.id);
      if (pointing.length > 0) await unlink(session, other, linked, pointing);
    }
  }
}

async function unlink(
  session: WriteSession,
  table: Table,
  row: StoredRow,
  lookups: readonly string[],
): Promise<void> {
  const version = await nextVersion(session.transaction);
  if (table.name === "connection") {
    await removeRow(session.transaction, table.name, row.id, version);
    return;
  }
  const cleared = Object.fromEntries(
    lookups.flatMap((property) => [
      [property, null],
      [property + lookupTypeSuffix, null],
    ]),
  );
  const document = { ...row.document, ...cleared, versionnumber: version };
  const keys = alternateKeyValues(table, document);
  await saveRow(session.transaction, table.name, { id: row.id, version, document }, keys);
}
