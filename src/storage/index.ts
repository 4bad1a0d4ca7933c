export { type Dialect, dialects } from "./dialect.ts";
export { openDocumentStore } from "./document-store.ts";
export { migrate } from "./migrate.ts";
export { odataMigrations } from "./odata-migrations.ts";
export { compileFilter, compileOrderBy } from "./odata-sql.ts";
export type { ODataSqlOptions, PromotedColumn } from "./odata-sql-compiler.ts";
export type { SqlFragment } from "./odata-sql-fragment.ts";
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
