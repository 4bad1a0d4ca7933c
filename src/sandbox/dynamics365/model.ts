/** The kinds of column that the emulated tables have. */
export type AttributeType =
  | "String"
  | "Memo"
  | "Integer"
  | "Decimal"
  | "Double"
  | "Money"
  | "Boolean"
  | "DateTime"
  | "DateOnly"
  | "Lookup"
  | "Picklist"
  | "State"
  | "Status"
  | "Uniqueidentifier"
  | "BigInt";

/** One choice of a picklist; a status choice belongs to a state. */
export interface Option {
  readonly value: number;
  readonly label: string;
  readonly state?: number;
}

/** One column of a table. */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly precision?: number;
  /** Set by the system: a value in a request body is refused or ignored as in Dataverse. */
  readonly readOnly?: boolean;
  readonly required?: boolean;
  readonly options?: readonly Option[];
  readonly defaultValue?: string | number | boolean;
  /** Navigation property → target table, for lookups. */
  readonly targets?: Readonly<Record<string, string>>;
  /** For lookups: the collection-valued navigation property on the other side. */
  readonly collection?: string;
  readonly custom?: boolean;
  readonly displayName?: string;
}

/** An alternate key: rows are unique in these columns and can be addressed by them. */
export interface AlternateKey {
  readonly name: string;
  readonly attributes: readonly string[];
  readonly displayName?: string;
  /** Milliseconds since 1970 from which its index serves; before, the key can't be used. */
  readonly activeFromMs?: number;
}

/** One table. */
export interface Table {
  readonly name: string;
  readonly setName: string;
  readonly primaryId: string;
  readonly primaryName: string;
  readonly displayName: string;
  readonly changeTracking: boolean;
  readonly custom: boolean;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly keys: readonly AlternateKey[];
  /** The version at which the table's definition last changed. */
  readonly definitionVersion?: number;
}

/** All tables by logical name. */
export type Model = ReadonlyMap<string, Table>;

/** The table behind an entity set's name. */
export function tableOfSet(model: Model, setName: string): Table | undefined {
  for (const table of model.values()) if (table.setName === setName) return table;
  return undefined;
}

/** The lookup column behind a navigation property, with the table that it points to. */
export function lookupOf(
  table: Table,
  navigation: string,
): { readonly attribute: Attribute; readonly target: string } | undefined {
  for (const attribute of Object.values(table.attributes)) {
    const target = attribute.targets?.[navigation];
    if (target !== undefined) return { attribute, target };
  }
  return undefined;
}

/** The property under which a lookup's id stands in a row. */
export function lookupProperty(attributeName: string): string {
  return `_${attributeName}_value`;
}
