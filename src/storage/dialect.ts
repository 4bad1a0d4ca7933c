import type { DialectName } from "./port.ts";

/**
 * What the two databases write differently. Everything else of our SQL is common to both, `ON
 * CONFLICT` included.
 */
export interface Dialect {
  readonly types: {
    /** Text in the order of its bytes, which is the order of code points. */
    readonly text: string;
    readonly integer: string;
    readonly double: string;
    readonly blob: string;
  };
  /** The text at a path of a JSON document column, null where there is none. */
  jsonText(column: string, path: readonly string[]): string;
  /** The number at a path of a JSON document column, null where there is none. */
  jsonNumber(column: string, path: readonly string[]): string;
  /** A column whose value follows from others and can be indexed. */
  generatedColumn(name: string, type: string, expression: string): string;
  /**
   * A condition that is always true, to be added to the WHERE of a `scan` over a table: at every
   * few thousandth row it looks whether the scan's time is over. Only for `scan`.
   */
  scanCheckpoint(table: string): string;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const sqlitePath = (path: readonly string[]): string =>
  quoted(`$${path.map((name) => `.${JSON.stringify(name)}`).join("")}`);
const postgresPath = (path: readonly string[]): string =>
  `ARRAY[${path.map(quoted).join(", ")}]::text[]`;

/** The differences between the databases. */
export const dialects: Readonly<Record<DialectName, Dialect>> = {
  sqlite: {
    types: { text: "TEXT", integer: "INTEGER", double: "REAL", blob: "BLOB" },
    jsonText: (column, path) => `CAST(json_extract(${column}, ${sqlitePath(path)}) AS TEXT)`,
    jsonNumber: (column, path) => `CAST(json_extract(${column}, ${sqlitePath(path)}) AS REAL)`,
    generatedColumn: (name, type, expression) =>
      `${name} ${type} GENERATED ALWAYS AS (${expression}) VIRTUAL`,
    scanCheckpoint: (table) => `(${table}.rowid & 4095 <> 0 OR scan_may_go_on())`,
  },
  postgres: {
    types: {
      text: 'TEXT COLLATE "C"',
      integer: "BIGINT",
      double: "DOUBLE PRECISION",
      blob: "BYTEA",
    },
    jsonText: (column, path) => `(${column}::jsonb #>> ${postgresPath(path)})`,
    jsonNumber: (column, path) =>
      `((${column}::jsonb #>> ${postgresPath(path)})::double precision)`,
    generatedColumn: (name, type, expression) =>
      `${name} ${type} GENERATED ALWAYS AS (${expression}) STORED`,
    scanCheckpoint: () => "TRUE",
  },
};
