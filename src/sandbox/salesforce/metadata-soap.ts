import { MetadataProblem, writeComponent } from "./metadata-components.ts";
import type { Organisation } from "./organisation.ts";
import { childOf, childrenOf, childText, parseXml, type XmlElement, xmlText } from "./xml.ts";

const maxComponents = 10;
const calls = ["createMetadata", "upsertMetadata"];

/** An answer of the SOAP endpoint. */
export interface SoapResponse {
  readonly status: number;
  readonly body: string;
}

function envelope(body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:sf="http://soap.sforce.com">' +
    `<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
  );
}

function fault(code: string, message: string): SoapResponse {
  const body =
    `<soapenv:Fault><faultcode>sf:${code}</faultcode>` +
    `<faultstring>${code}: ${xmlText(message)}</faultstring></soapenv:Fault>`;
  return { status: 500, body: envelope(body) };
}

function outcome(organisation: Organisation, call: string, element: XmlElement): string {
  const fullName = xmlText(childText(element, "fullName") ?? "");
  try {
    writeComponent(organisation, call, element);
    return `<result><fullName>${fullName}</fullName><success>true</success></result>`;
  } catch (error) {
    if (!(error instanceof MetadataProblem)) throw error;
    const { message, statusCode } = error;
    return (
      `<result><errors><message>${xmlText(message)}</message>` +
      `<statusCode>${statusCode}</statusCode></errors>` +
      `<fullName>${fullName}</fullName><success>false</success></result>`
    );
  }
}

/** Answers a call of the Metadata API; `admits` tells whether a session may change metadata. */
export function answerMetadata(
  organisation: Organisation,
  document: string,
  admits: (sessionId: string) => boolean,
): SoapResponse {
  let root: XmlElement;
  try {
    root = parseXml(document);
  } catch {
    return fault("UNKNOWN_EXCEPTION", "The request could not be parsed as XML");
  }
  const session = childText(childOf(childOf(root, "Header"), "SessionHeader"), "sessionId") ?? "";
  if (!admits(session)) {
    return fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader");
  }
  const call = childOf(root, "Body")?.children[0];
  if (!call || !calls.includes(call.name)) {
    return fault("UNKNOWN_EXCEPTION", `No operation available for request ${call?.name ?? ""}`);
  }
  const components = childrenOf(call, "metadata");
  if (components.length > maxComponents) {
    return fault("LIMIT_EXCEEDED", `You can only submit ${maxComponents} components at a time`);
  }
  const results = components.map((element) => outcome(organisation, call.name, element));
  const body = `<${call.name}Response>${results.join("")}</${call.name}Response>`;
  return { status: 200, body: envelope(body) };
}
