import type { Database } from "../../storage/port.ts";
import type { CrmCapabilities } from "../port.ts";

/**
 * How a column holds moments: as the database's own type, as text in UTC, or as a count since
 * 1970.
 */
export type StampKind = "timestamp" | "text" | "milliseconds" | "seconds";

/** Rows of a table of their own that belong to a deal: people, solutions. */
export interface SqlList {
  readonly table: string;
  /** The column that holds the deal's id. */
  readonly deal: string;
  /** The column that tells the rows of one deal apart. */
  readonly key: string;
  readonly columns: readonly string[];
  /** The column with the moment of the last change, in the deals' own form. */
  readonly stamp?: string;
}

/** The table of the customers. */
export interface SqlAccounts {
  readonly table: string;
  readonly id: string;
  /** The deals' column that holds a customer's id. */
  readonly link: string;
  readonly name: string;
  readonly postalCode: string;
  readonly country: string;
  readonly stamp?: string;
}

/** Where deals stand in a database: tables or views, and their columns. */
export interface SqlLayout {
  readonly table: string;
  readonly id: string;
  /** The column with the moment of the last change. */
  readonly stamp: string;
  readonly stampKind: StampKind;
  /** The column that holds the referral's id; unique. */
  readonly key: string;
  /** A column that is true, or not null, where the deal was deleted. */
  readonly deleted?: string;
  /** The column with the name of who changed the deal last. */
  readonly modifiedBy?: string;
  readonly accounts?: SqlAccounts;
  /** The values that a column takes, where the database itself can't tell (a view). */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Lists by the field under which a mapping names them: `contacts`. */
  readonly lists?: Readonly<Record<string, SqlList>>;
}

/** How the adapter reaches its database and what it may do there. */
export interface SqlAdapterOptions {
  /** Opened on first use. */
  readonly open: () => Promise<Database>;
  readonly layout: SqlLayout;
  /** Fields in which the seller sees how the deal stands: `mapping.stateFields`. */
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
  /** The fields that the mapping names: `crmFieldsOf(mapping)`. */
  readonly fields: readonly string[];
  readonly pageSize?: number;
  /** How long a transaction of other programs may take, in milliseconds; a minute unless told. */
  readonly overlapMs?: number;
  /** False: a trigger of the database's own sets the stamp. */
  readonly setsStamp?: boolean;
  /** `key`: a new deal's id is the referral's; `database`: the database makes one. */
  readonly newId?: "database" | "key";
  /** What to do where several customers have the same name, postal code and country. */
  readonly ambiguousAccount?: "refuse" | "oldest";
  /** True where an existing customer may be changed. */
  readonly updateAccounts?: boolean;
  /** Where a person opens a deal: `https://crm.example/deals/{id}`. */
  readonly dealUrl?: string;
}

/** Begins the names of fields that stand in the customer's row. */
export const accountPrefix = "account.";
