import type { Http } from "../../runtime/index.ts";
import { sendOnce } from "../adapting/refusal.ts";
import type { GetToken } from "../adapting/token-source.ts";
import { CrmError } from "../port.ts";
import {
  type MetadataValue,
  permissionSetName,
  type WantedField,
  type WantedObject,
} from "./wanted-metadata.ts";

/** A component of the Metadata API. */
export interface MetadataComponent {
  readonly type: "CustomField" | "CustomObject" | "PermissionSet";
  readonly fullName: string;
  readonly values: Readonly<Record<string, MetadataValue>>;
}

/** How the Metadata API is reached. */
export interface MetadataOptions {
  readonly http: Http;
  readonly instanceUrl: string;
  readonly apiVersion?: string;
  readonly getToken: GetToken;
}

/** A field as a component. */
export function fieldComponent({ label, metadata, name, object }: WantedField): MetadataComponent {
  return {
    type: "CustomField",
    fullName: `${object}.${name}`,
    values: { ...metadata, label },
  };
}

/** An object as a component; its rows are seen by whoever sees the deal. */
export function objectComponent({ label, name, pluralLabel }: WantedObject): MetadataComponent {
  return {
    type: "CustomObject",
    fullName: name,
    values: {
      label,
      pluralLabel,
      nameField: { label: "Name", type: "Text" },
      deploymentStatus: "Deployed",
      sharingModel: "ControlledByParent",
    },
  };
}

/** The permission set that shows fields and objects, and lets them be written. */
export function permissionSetComponent(
  fields: readonly WantedField[],
  objects: readonly WantedObject[],
): MetadataComponent {
  return {
    type: "PermissionSet",
    fullName: permissionSetName,
    values: {
      label: "Partner Center sync",
      objectPermissions: objects.map(({ name }) => ({
        allowCreate: true,
        allowDelete: true,
        allowEdit: true,
        allowRead: true,
        modifyAllRecords: false,
        object: name,
        viewAllRecords: false,
      })),
      fieldPermissions: fields
        .filter(({ isGranted }) => isGranted)
        .map(({ name, object }) => ({
          editable: true,
          field: `${object}.${name}`,
          readable: true,
        })),
    },
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

function isList(value: MetadataValue): value is readonly MetadataValue[] {
  return Array.isArray(value);
}

function xmlOf(name: string, value: MetadataValue): string {
  if (isList(value)) return value.map((entry) => xmlOf(name, entry)).join("");
  const inner = typeof value === "object" ? membersOf(value) : escaped(String(value));
  return `<${name}>${inner}</${name}>`;
}

/** The API reads members in one order: the full name, then the others by the alphabet. */
function membersOf(values: Readonly<Record<string, MetadataValue>>): string {
  const names = Object.keys(values).sort((left, right) =>
    left === "fullName" ? -1 : right === "fullName" ? 1 : left < right ? -1 : 1,
  );
  return names.map((name) => xmlOf(name, values[name] ?? "")).join("");
}

function envelope(call: string, session: string, component: MetadataComponent): string {
  const { fullName, type, values } = component;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
    'xmlns="http://soap.sforce.com/2006/04/metadata">' +
    `<soapenv:Header><SessionHeader><sessionId>${escaped(session)}</sessionId></SessionHeader>` +
    `</soapenv:Header><soapenv:Body><${call}>` +
    `<metadata xsi:type="${type}">${membersOf({ fullName, ...values })}</metadata>` +
    `</${call}></soapenv:Body></soapenv:Envelope>`
  );
}

function textIn(document: string, name: string): string {
  const match = new RegExp(`<(?:\\w+:)?${name}[^>]*>([^<]*)<`).exec(document);
  return unescaped(match?.[1] ?? "");
}

const unauthorizedCodes = ["INVALID_SESSION_ID", "INSUFFICIENT_ACCESS", "API_DISABLED_FOR_ORG"];

/**
 * Creates a component, or, for a permission set, brings it about; one that is there already is
 * left alone. Errors: CrmError.
 */
export async function writeMetadata(
  options: MetadataOptions,
  component: MetadataComponent,
): Promise<void> {
  const call = component.type === "PermissionSet" ? "upsertMetadata" : "createMetadata";
  const token = await options.getToken({});
  const response = await sendOnce(
    options.http,
    {
      method: "POST",
      url: `${options.instanceUrl.replace(/\/+$/, "")}/services/Soap/m/${
        options.apiVersion ?? "62.0"
      }`,
      headers: { "content-type": "text/xml; charset=UTF-8", soapaction: '""' },
      body: envelope(call, token, component),
      timeoutMs: 120_000,
    },
    { crm: "Salesforce", isWrite: true },
  );
  const document = response.body;
  if (response.status === 200 && textIn(document, "success") === "true") return;
  const code = textIn(document, "statusCode") || textIn(document, "faultcode").replace(/^.*:/, "");
  if (code === "DUPLICATE_DEVELOPER_NAME") return;
  const sentence = textIn(document, "message") || textIn(document, "faultstring");
  const kind = unauthorizedCodes.some((each) => code.startsWith(each))
    ? "unauthorized"
    : response.status >= 500 && code === ""
      ? "unavailable"
      : "invalid";
  throw new CrmError(kind, `Salesforce refused ${component.fullName} (${code}): ${sentence}`);
}
