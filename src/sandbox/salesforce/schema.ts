/** The types of fields that this emulator knows, by Salesforce's own names. */
export type FieldType =
  | "boolean"
  | "currency"
  | "date"
  | "datetime"
  | "double"
  | "email"
  | "id"
  | "int"
  | "phone"
  | "picklist"
  | "reference"
  | "string"
  | "textarea";

/** One choice of a picklist. */
export interface PicklistValue {
  readonly value: string;
  readonly label: string;
}

/** A field as describe shows it. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** The most UTF-16 units. */
  readonly length?: number;
  readonly scale?: number;
  readonly values?: readonly PicklistValue[];
  /** True where only the listed values are taken. */
  readonly restricted?: boolean;
  readonly referenceTo?: string;
  /** The name by which a query walks to the parent. */
  readonly relationship?: string;
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly externalId?: boolean;
  /** False: only the system writes it. */
  readonly writable?: boolean;
  /** False: it is given once, at creation. */
  readonly updateable?: boolean;
  /** The parent owns the row, and takes it along when it is deleted. */
  readonly masterDetail?: boolean;
  readonly custom?: boolean;
}

/** Rows of another object that point here. */
export interface ChildRelationship {
  readonly name: string;
  readonly object: string;
  readonly field: string;
}

/** An object as describe shows it. */
export interface SalesforceObject {
  readonly name: string;
  readonly label: string;
  readonly pluralLabel: string;
  readonly prefix: string;
  readonly fields: readonly Field[];
  readonly children: readonly ChildRelationship[];
  readonly custom?: boolean;
  /** True: the API reads it only. */
  readonly readOnly?: boolean;
}

const system = (name: string, label: string, type: FieldType): Field => ({
  name,
  label,
  type,
  writable: false,
});

/** The fields that every object has. */
export const systemFields: readonly Field[] = [
  system("Id", "Record ID", "id"),
  system("IsDeleted", "Deleted", "boolean"),
  system("CreatedDate", "Created Date", "datetime"),
  { ...system("CreatedById", "Created By ID", "reference"), referenceTo: "User" },
  system("LastModifiedDate", "Last Modified Date", "datetime"),
  {
    ...system("LastModifiedById", "Last Modified By ID", "reference"),
    referenceTo: "User",
    relationship: "LastModifiedBy",
  },
  system("SystemModstamp", "System Modstamp", "datetime"),
];

/** The objects of an organisation: the standard ones, and what was added. */
export class Schema {
  readonly #objects = new Map<string, SalesforceObject>();

  constructor(objects: readonly SalesforceObject[]) {
    for (const object of objects) this.add(object);
  }

  get objects(): readonly SalesforceObject[] {
    return [...this.#objects.values()];
  }

  /** An object by its API name, in any case of letters. */
  object(name: string): SalesforceObject | undefined {
    return this.#objects.get(name.toLowerCase());
  }

  add(object: SalesforceObject): void {
    this.#objects.set(object.name.toLowerCase(), object);
  }

  /** Adds a field, and the way from the parent's rows to this object's. */
  addField(objectName: string, field: Field, childRelationship?: string): void {
    const object = this.object(objectName);
    if (!object) throw new RangeError(`there is no object ${objectName}`);
    this.add({ ...object, fields: [...object.fields, field] });
    const parent = field.referenceTo === undefined ? undefined : this.object(field.referenceTo);
    if (!parent || childRelationship === undefined) return;
    const child = { name: childRelationship, object: object.name, field: field.name };
    this.add({ ...parent, children: [...parent.children, child] });
  }
}

/** A field by its API name, in any case of letters. */
export function fieldOf(object: SalesforceObject, name: string): Field | undefined {
  const wanted = name.toLowerCase();
  return object.fields.find((field) => field.name.toLowerCase() === wanted);
}

/** The parent that a relationship name leads to. */
export function relationshipField(object: SalesforceObject, name: string): Field | undefined {
  const wanted = name.toLowerCase();
  return object.fields.find((field) => field.relationship?.toLowerCase() === wanted);
}
