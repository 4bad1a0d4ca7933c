import { badRequest, errorCodes } from "./errors.ts";
import type { WebApiRequest, WebApiResponse } from "./request.ts";

/** A part of a batch: one request, or a change set of several that succeed or fail together. */
export type BatchPart =
  | { readonly kind: "request"; readonly request: WebApiRequest }
  | { readonly kind: "changeset"; readonly requests: readonly ChangesetRequest[] };

/** A request inside a change set, with the number by which later ones can refer to its row. */
export interface ChangesetRequest {
  readonly contentId: string | undefined;
  readonly request: WebApiRequest;
}

function malformed(message: string): Error {
  return badRequest(errorCodes.invalidQuery, `The batch request is malformed: ${message}`);
}

/** The boundary in a Content-Type header. */
export function boundaryOf(contentType: string | undefined): string {
  const match = /^multipart\/mixed\s*;.*boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))/i.exec(
    contentType ?? "",
  );
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw malformed("Content-Type must be multipart/mixed.");
  return boundary;
}

interface Entity {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Splits header lines from what follows the first empty line. */
function parseEntity(text: string): Entity {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const headers: Record<string, string> = {};
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0)
      headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, body: end ? text.slice(end.index + end[0].length) : "" };
}

function splitParts(body: string, boundary: string): readonly string[] {
  const pieces = `\n${body}`.split(new RegExp(`\\r?\\n--${escapeRegExp(boundary)}`));
  const last = pieces.at(-1) ?? "";
  if (pieces.length < 2 || !last.startsWith("--")) {
    throw malformed(`the terminating boundary --${boundary}-- is missing.`);
  }
  return pieces.slice(1, -1).map((piece) => piece.replace(/^[ \t]*\r?\n/, ""));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The path below the Web API's root, from an absolute URL, an absolute path or a relative one. */
function targetOf(url: string): string {
  return url.replace(/^(?:https?:\/\/[^/]+)?\/api\/data\/v\d+\.\d+\//i, "");
}

function parseRequest(entity: Entity, inherited: Readonly<Record<string, string>>): WebApiRequest {
  if (!/^application\/http\b/i.test(entity.headers["content-type"] ?? "")) {
    throw malformed("each part must be application/http.");
  }
  const lineEnd = /\r?\n/.exec(entity.body);
  const line = lineEnd ? entity.body.slice(0, lineEnd.index) : entity.body;
  const [, method, url] = /^(GET|POST|PATCH|PUT|DELETE) (\S+)(?: HTTP\/1\.1)?\s*$/.exec(line) ?? [];
  if (method === undefined || url === undefined) throw malformed(`'${line}' is no request line.`);
  const rest = lineEnd ? entity.body.slice(lineEnd.index + lineEnd[0].length) : "";
  const inner = parseEntity(rest.startsWith("\n") || rest.startsWith("\r\n") ? `\n${rest}` : rest);
  return {
    method,
    target: targetOf(url),
    headers: { authorization: inherited.authorization ?? "", ...inner.headers },
    body: inner.body.trim(),
  };
}

/** Reads the parts of a $batch body. */
export function parseBatch(request: WebApiRequest): readonly BatchPart[] {
  const boundary = boundaryOf(request.headers["content-type"]);
  return splitParts(request.body, boundary).map((text): BatchPart => {
    const entity = parseEntity(text);
    const contentType = entity.headers["content-type"] ?? "";
    if (!/^multipart\/mixed/i.test(contentType)) {
      return { kind: "request", request: parseRequest(entity, request.headers) };
    }
    const requests = splitParts(entity.body, boundaryOf(contentType)).map((inner) => {
      const part = parseEntity(inner);
      return {
        contentId: part.headers["content-id"],
        request: parseRequest(part, request.headers),
      };
    });
    return { kind: "changeset", requests };
  });
}

const statusTexts: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  412: "Precondition Failed",
  501: "Not Implemented",
};

function formatPart(response: WebApiResponse, contentId: string | undefined): string {
  const headers = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}`);
  return [
    "Content-Type: application/http",
    "Content-Transfer-Encoding: binary",
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    "",
    `HTTP/1.1 ${response.status} ${statusTexts[response.status] ?? "Error"}`,
    ...headers,
    "",
    response.body,
  ].join("\r\n");
}

/** An answer to one part of a batch. */
export type BatchAnswer =
  | { readonly kind: "response"; readonly response: WebApiResponse }
  | {
      readonly kind: "changeset";
      readonly responses: readonly {
        readonly contentId: string | undefined;
        readonly response: WebApiResponse;
      }[];
    };

/** Writes the body of a batch's answer. */
export function formatBatch(answers: readonly BatchAnswer[], id: string): string {
  const lines: string[] = [];
  for (const [index, answer] of answers.entries()) {
    lines.push(`--batchresponse_${id}`);
    if (answer.kind === "response") {
      lines.push(formatPart(answer.response, undefined));
      continue;
    }
    const inner = `changesetresponse_${id}_${index}`;
    lines.push(`Content-Type: multipart/mixed; boundary=${inner}`, "");
    for (const { contentId, response } of answer.responses) {
      lines.push(`--${inner}`, formatPart(response, contentId));
    }
    lines.push(`--${inner}--`);
  }
  lines.push(`--batchresponse_${id}--`, "");
  return lines.join("\r\n");
}
