import type { HttpResponse } from "../../runtime/index.ts";
import { CrmError, type OperationOptions } from "../port.ts";
import { errorOfResponse, type Transport, type WebApiCall } from "./transport.ts";

/** One request of a batch, or several that succeed or fail together. */
export type BatchItem = WebApiCall | { readonly changeset: readonly WebApiCall[] };

/*
 * Fixed boundaries: JSON bodies hold no line that begins with two hyphens, so they can't be met
 * inside.
 */
const batchBoundary = "batch_partner_referrals";
const changesetBoundary = "changeset_partner_referrals";

function formatCall(call: WebApiCall, rootPath: string, contentId?: number): string {
  const headers = {
    ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
    ...call.headers,
  };
  return [
    "Content-Type: application/http",
    "Content-Transfer-Encoding: binary",
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    "",
    `${call.method} ${rootPath}/${call.target} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    call.body ?? "",
  ].join("\r\n");
}

/** The body of a $batch request. */
export function formatBatch(items: readonly BatchItem[], rootPath: string): string {
  const lines: string[] = [];
  let contentId = 0;
  for (const item of items) {
    lines.push(`--${batchBoundary}`);
    if (!("changeset" in item)) {
      lines.push(formatCall(item, rootPath));
      continue;
    }
    lines.push(`Content-Type: multipart/mixed; boundary="${changesetBoundary}"`, "");
    for (const call of item.changeset) {
      contentId += 1;
      lines.push(`--${changesetBoundary}`, formatCall(call, rootPath, contentId));
    }
    lines.push(`--${changesetBoundary}--`);
  }
  lines.push(`--${batchBoundary}--`, "");
  return lines.join("\r\n");
}

const boundaryPattern = /boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))/i;

function splitParts(body: string, boundary: string): readonly string[] {
  const marker = `--${boundary}`;
  const pieces = `\r\n${body}`.split(`\n${marker}`);
  return pieces.slice(1).filter((piece) => !piece.startsWith("--"));
}

function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0)
      headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

function cutHead(text: string): readonly [head: string, rest: string] {
  const end = /\r?\n\r?\n/.exec(text);
  return end ? [text.slice(0, end.index), text.slice(end.index + end[0].length)] : [text, ""];
}

function parsePart(text: string): readonly HttpResponse[] {
  const [head, rest] = cutHead(text.replace(/^[ \t]*\r?\n/, ""));
  const contentType = headersOf(head)["content-type"] ?? "";
  const [, quoted, plain] = boundaryPattern.exec(contentType) ?? [];
  const inner = quoted ?? plain;
  if (/^multipart\/mixed/i.test(contentType) && inner !== undefined) {
    return splitParts(rest, inner).flatMap(parsePart);
  }
  const [statusAndHeaders, body] = cutHead(rest);
  const [, status] = /^HTTP\/\d\.\d (\d{3})/.exec(statusAndHeaders) ?? [];
  if (status === undefined) {
    throw new CrmError("unavailable", "Dataverse answered a batch that can't be read");
  }
  return [{ status: Number(status), headers: headersOf(statusAndHeaders), body: body.trim() }];
}

/** The single answers in the body of a batch's answer, in their order. */
export function parseBatch(contentType: string, body: string): readonly HttpResponse[] {
  const [, quoted, plain] = boundaryPattern.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return [];
  return splitParts(body, boundary).flatMap(parsePart);
}

/**
 * Sends several requests as one, which costs one of the requests that Dataverse allows.
 *
 * Rejects with the CrmError of the first request that failed, unless its status is accepted;
 * without `accept` the batch stops there. The answers of a change set stand one after the other.
 */
export async function sendBatch(
  send: Transport,
  rootUrl: string,
  items: readonly BatchItem[],
  options: OperationOptions,
): Promise<readonly HttpResponse[]> {
  const calls = items.flatMap((item) => ("changeset" in item ? item.changeset : [item]));
  const accepts = calls.some(({ accept }) => accept !== undefined);
  const isWrite = calls.some(({ method }) => method !== "GET");
  const response = await send(
    {
      method: "POST",
      target: "$batch",
      headers: {
        "content-type": `multipart/mixed; boundary="${batchBoundary}"`,
        ...(accepts ? { prefer: "odata.continue-on-error" } : {}),
      },
      body: formatBatch(items, new URL(rootUrl).pathname.replace(/\/+$/, "")),
      accept: [400, 403, 404, 405, 412, 413, 500, 501],
      isRead: !isWrite,
    },
    options,
  );
  const contentType = response.headers["content-type"] ?? "";
  const answers = parseBatch(contentType, response.body);
  if (answers.length === 0) throw errorOfResponse(response, isWrite);
  const bodies = calls.flatMap(({ body }) => body ?? []);
  for (const [index, answer] of answers.entries()) {
    const accepted = answer.status < 400 || calls[index]?.accept?.includes(answer.status);
    if (!accepted) throw errorOfResponse(answer, isWrite, bodies);
  }
  return answers;
}
