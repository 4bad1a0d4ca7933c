export { openDocumentStore } from "./document-store.ts";
export { migrate } from "./migrate.ts";
export { type OpenDatabaseOptions, openDatabase } from "./open-database.ts";
export type {
  Database,
  DialectName,
  DocumentStore,
  Migration,
  Queryable,
  Row,
  ScanOptions,
  SqlValue,
  Transaction,
} from "./port.ts";
export { StorageError, type StorageErrorCode } from "./storage-error.ts";
