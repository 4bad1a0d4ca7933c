import { type Organisation, systemRow } from "./organisation.ts";
import { type Field, fieldOf, type SalesforceObject, systemFields } from "./schema.ts";
import { childOf, childrenOf, childText, type XmlElement } from "./xml.ts";

/** A refusal of the Metadata API: a status code and a sentence. */
export class MetadataProblem extends Error {
  readonly statusCode: string;

  constructor(statusCode: string, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

function wanted(element: XmlElement, name: string): string {
  const text = childText(element, name);
  if (text !== undefined && text !== "") return text;
  throw new MetadataProblem("REQUIRED_FIELD_MISSING", `Required field is missing: ${name}`);
}

function invalid(message: string): MetadataProblem {
  return new MetadataProblem("FIELD_INTEGRITY_EXCEPTION", message);
}

const longestText = 255;

function lengthOf(element: XmlElement, most: number): number {
  const length = Number(wanted(element, "length"));
  if (Number.isInteger(length) && length >= 1 && length <= most) return length;
  throw invalid(`Field length must be between 1 and ${most}.`);
}

function picklist(element: XmlElement): Pick<Field, "restricted" | "values"> {
  const set = childOf(element, "valueSet");
  const definition = childOf(set, "valueSetDefinition");
  if (!definition) throw new MetadataProblem("REQUIRED_FIELD_MISSING", "Must specify a valueSet");
  const values = childrenOf(definition, "value").map((value) => ({
    value: wanted(value, "fullName"),
    label: wanted(value, "label"),
  }));
  return { values, restricted: childText(set, "restricted") === "true" };
}

interface NewField {
  readonly field: Field;
  readonly childRelationship?: string;
}

function masterDetail(organisation: Organisation, base: Field, element: XmlElement): NewField {
  const referenceTo = wanted(element, "referenceTo");
  if (!organisation.schema().object(referenceTo)) {
    throw invalid(`referenceTo value of '${referenceTo}' does not resolve to a valid sObject type`);
  }
  const relationship = base.name.replace(/__c$/, "__r");
  return {
    field: { ...base, type: "reference", referenceTo, relationship, masterDetail: true },
    childRelationship: `${wanted(element, "relationshipName")}__r`,
  };
}

function readField(organisation: Organisation, name: string, element: XmlElement): NewField {
  const base = {
    name,
    label: wanted(element, "label"),
    custom: true,
    required: childText(element, "required") === "true",
    unique: childText(element, "unique") === "true",
    externalId: childText(element, "externalId") === "true",
  };
  const type = wanted(element, "type");
  switch (type) {
    case "Text":
      return { field: { ...base, type: "string", length: lengthOf(element, longestText) } };
    case "LongTextArea":
      wanted(element, "visibleLines");
      return { field: { ...base, type: "textarea", length: lengthOf(element, 131_072) } };
    case "Checkbox":
      wanted(element, "defaultValue");
      return { field: { ...base, type: "boolean" } };
    case "Date":
      return { field: { ...base, type: "date" } };
    case "Email":
      return { field: { ...base, type: "email", length: 80 } };
    case "Phone":
      return { field: { ...base, type: "phone", length: 40 } };
    case "Picklist":
      return { field: { ...base, type: "picklist", length: longestText, ...picklist(element) } };
    case "MasterDetail":
      return masterDetail(organisation, { ...base, type: "reference" }, element);
    default:
      throw invalid(`The field type ${type} is not known to this emulator.`);
  }
}

function checkName(name: string): string {
  if (/^[A-Za-z](?:[A-Za-z0-9]|_(?!_))*__c$/.test(name)) return name;
  throw invalid(`The name "${name}" may hold letters, digits and single underscores only.`);
}

function createField(organisation: Organisation, fullName: string, element: XmlElement): void {
  const [objectName = "", fieldName = ""] = fullName.split(".");
  const object = organisation.schema().object(objectName);
  if (!object) throw invalid(`Entity Enumeration Or ID: bad value ${objectName}`);
  const name = checkName(fieldName);
  if (fieldOf(object, name)) {
    throw new MetadataProblem(
      "DUPLICATE_DEVELOPER_NAME",
      `There is already a field named ${name} on ${object.name}.`,
    );
  }
  const { field, childRelationship } = readField(organisation, name, element);
  organisation.customise({
    objects: [],
    fields: [{ object: object.name, field, ...(childRelationship ? { childRelationship } : {}) }],
  });
}

function createObject(organisation: Organisation, fullName: string, element: XmlElement): void {
  const name = checkName(fullName);
  const schema = organisation.schema();
  if (schema.object(name)) {
    throw new MetadataProblem("DUPLICATE_DEVELOPER_NAME", `${name} is already in use`);
  }
  const nameField = childOf(element, "nameField");
  if (!nameField) throw new MetadataProblem("REQUIRED_FIELD_MISSING", "nameField is required");
  wanted(element, "deploymentStatus");
  const sharing = wanted(element, "sharingModel");
  if (!["ReadWrite", "ControlledByParent", "Private", "Read"].includes(sharing)) {
    throw invalid(`'${sharing}' is not a valid value for the enum 'SharingModel'`);
  }
  const count = schema.objects.filter(({ custom }) => custom).length;
  const object: SalesforceObject = {
    name,
    label: wanted(element, "label"),
    pluralLabel: wanted(element, "pluralLabel"),
    prefix: `a0${"0123456789ABCDEF"[count] ?? "Z"}`,
    custom: true,
    children: [],
    fields: [
      ...systemFields,
      { name: "Name", label: wanted(nameField, "label"), type: "string", length: 80 },
    ],
  };
  organisation.customise({ objects: [object], fields: [] });
}

function grantsOf(organisation: Organisation, element: XmlElement): readonly string[] {
  const schema = organisation.schema();
  const fields = childrenOf(element, "fieldPermissions").map((entry) => {
    const name = wanted(entry, "field");
    const [objectName = "", fieldName = ""] = name.split(".");
    const object = schema.object(objectName);
    const field = object && fieldOf(object, fieldName);
    if (!field) throw invalid(`no CustomField named ${name} found`);
    if (field.masterDetail || field.required) {
      throw invalid(`You cannot deploy to a required field: ${name}`);
    }
    return `${object.name}.${field.name}`;
  });
  const objects = childrenOf(element, "objectPermissions").map((entry) => wanted(entry, "object"));
  return [...fields, ...objects];
}

function createPermissionSet(
  organisation: Organisation,
  fullName: string,
  element: XmlElement,
): void {
  const { store } = organisation;
  const label = wanted(element, "label");
  const present = store.all("PermissionSet").find((row) => row.Name === fullName);
  if (present) {
    throw new MetadataProblem(
      "DUPLICATE_DEVELOPER_NAME",
      `There is already a permission set named ${fullName}`,
    );
  }
  const values = { Name: fullName, Label: label, Grants: grantsOf(organisation, element) };
  systemRow(organisation, "PermissionSet", values);
}

function upsertPermissionSet(
  organisation: Organisation,
  fullName: string,
  element: XmlElement,
): void {
  const { store } = organisation;
  const present = store.all("PermissionSet").find((row) => row.Name === fullName);
  if (!present) {
    createPermissionSet(organisation, fullName, element);
    return;
  }
  const added = grantsOf(organisation, element);
  const grants = [...new Set([...((present.Grants ?? []) as readonly string[]), ...added])];
  store.put("PermissionSet", String(present.Id), { ...present, Grants: grants });
}

/** What the calls of the Metadata API do with one component. Errors: MetadataProblem. */
export function writeComponent(
  organisation: Organisation,
  call: string,
  element: XmlElement,
): string {
  const type = withoutNamespace(element.attributes["xsi:type"] ?? "");
  const fullName = wanted(element, "fullName");
  const write = {
    CustomField: createField,
    CustomObject: createObject,
    PermissionSet: call === "upsertMetadata" ? upsertPermissionSet : createPermissionSet,
  }[type];
  if (!write) throw new MetadataProblem("INVALID_TYPE", `This type isn't emulated: ${type}`);
  organisation.store.change(() => write(organisation, fullName, element));
  return fullName;
}

function withoutNamespace(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
