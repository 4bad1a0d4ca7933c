import { readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import { CliFailure } from "../failure.ts";

/** A value of a cell: plain JSON. */
export type Cell = unknown;

/** A line of a file: values by column. */
export type FileRow = Readonly<Record<string, Cell>>;

/** The formats that `import` and `export` know, by the file's ending. */
export type FileFormat = "csv" | "json";

/** The format of a file by its name. Errors: CliFailure. */
export function formatOf(path: string): FileFormat {
  const ending = extname(path).toLowerCase();
  if (ending === ".csv") return "csv";
  if (ending === ".json") return "json";
  throw new CliFailure("The file's ending tells no known format.", {
    place: path,
    remedy: "Call it .csv or .json.",
  });
}

/** A spreadsheet takes a cell that begins so for a formula; a leading quote keeps it text. */
const formula = /^'*(?:[=+@\t\r]|-(?!\d))/;

function asText(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  return formula.test(text) ? `'${text}` : text;
}

/** A cell's text without the quote that kept it from being a formula. */
function ofText(text: string): string {
  return text.startsWith("'") && formula.test(text.slice(1)) ? text.slice(1) : text;
}

/** Writes rows whole; columns are those of the first row. */
export async function writeRows(path: string, rows: readonly FileRow[]): Promise<void> {
  if (formatOf(path) === "json") {
    const lines = rows.map((row) => JSON.stringify(row));
    writeFileSync(path, `[\n${lines.join(",\n")}\n]\n`, { mode: 0o600 });
    return;
  }
  const { stringify } = await import("csv-stringify/sync");
  const columns = Object.keys(rows[0] ?? { id: "" });
  const text = stringify(
    rows.map((row) => columns.map((column) => asText(row[column]))),
    // The mark lets Excel read it as UTF-8.
    { header: true, columns, bom: true, record_delimiter: "windows" },
  );
  writeFileSync(path, text, { mode: 0o600 });
}

/** A row as it was read, with the line on which it begins. */
export interface ReadRow {
  readonly line: number;
  readonly values: FileRow;
}

async function readCsv(text: string): Promise<readonly ReadRow[]> {
  const { parse } = await import("csv-parse/sync");
  // A spreadsheet set to German or French writes semicolons.
  const [firstLine = ""] = text.split("\n", 1);
  const delimiter = firstLine.includes(";") && !firstLine.includes(",") ? ";" : ",";
  const records = parse(text, {
    bom: true,
    columns: true,
    delimiter,
    info: true,
    relax_column_count_less: true,
    skip_empty_lines: true,
    trim: true,
  }) as unknown as readonly { record: Record<string, string>; info: { lines: number } }[];
  return records.map(({ record, info }) => ({
    line: info.lines,
    values: Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, ofText(cell)])),
  }));
}

function readJson(text: string): readonly ReadRow[] {
  const document: unknown = JSON.parse(text);
  if (!Array.isArray(document)) throw new Error("it isn't a list of rows");
  return document.map((values: FileRow, index) => ({ line: index + 1, values }));
}

/** Reads a file's rows. Errors: CliFailure with the place of what can't be read. */
export async function readRows(path: string): Promise<readonly ReadRow[]> {
  const format = formatOf(path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliFailure("The file can't be read.", {
      place: path,
      remedy: "Check its name and rights.",
      cause,
    });
  }
  try {
    return format === "csv" ? await readCsv(text) : readJson(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliFailure(`The file isn't well-formed: ${reason}.`, {
      place: path,
      remedy: "Mend it there, or export anew.",
      cause,
    });
  }
}
