import type { HttpRequest, HttpResponse } from "../../../src/runtime/index.ts";
import { valueAt } from "./referral-document.ts";
import type { ReferralsModel, StoredReferral, WriteOutcome } from "./referrals-model.ts";

/** Habits of the service's HTTP surface. */
export interface HttpHabits {
  /** What a page holds at most, whatever the caller asks for. */
  readonly pageSize: number;
  /**
   * Pages are cut by position, so that a change between two pages shifts what the next one holds.
   */
  readonly pagesByPosition: boolean;
  /** Comparisons on updatedDateTime are refused with 400. */
  readonly refusesTimeFilter: boolean;
}

/** Where the model service lives; no such host exists. */
export const referralsOrigin = "https://referrals.example";
const path = "/v1.0/engagements/referrals";

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", "request-id": "simulated", ...headers },
    body: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** An error body as the service sends it. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): HttpResponse {
  return answer(status, { error: { code, message } }, headers);
}

const texts = new WeakMap<object, string>();

/** Stored documents never change, so each is written out once. */
function textOf(document: object): string {
  const known = texts.get(document);
  if (known !== undefined) return known;
  const text = JSON.stringify(document);
  texts.set(document, text);
  return text;
}

interface Clause {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

const clausePattern = /^\(?\s*([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+('[^']*'|[^\s')]+)\s*\)?$/;

/** A request's target, taken apart by hand: a simulated day asks millions of times. */
interface Target {
  readonly base: string;
  readonly query: ReadonlyMap<string, string>;
}

const unescaped = (text: string): string =>
  /[%+]/.test(text) ? decodeURIComponent(text.replaceAll("+", " ")) : text;

function targetOf(url: string): Target {
  const start = url.indexOf("?");
  const query = new Map<string, string>();
  if (start < 0) return { base: url, query };
  for (const part of url.slice(start + 1).split("&")) {
    const at = part.indexOf("=");
    query.set(unescaped(part.slice(0, at)), unescaped(part.slice(at + 1)));
  }
  return { base: url.slice(0, start), query };
}

/** The same target with another place to go on from. */
function linkTo({ base, query }: Target, token: string): string {
  const parts = [...new Map(query).set("$skiptoken", token)];
  const texts = parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${base}?${texts.join("&")}`;
}

function clausesOf(filter: string): readonly Clause[] | undefined {
  const clauses: Clause[] = [];
  for (const part of filter.split(" and ")) {
    const [, name, operator, value] = clausePattern.exec(part.trim()) ?? [];
    if (name === undefined || operator === undefined || value === undefined) return undefined;
    clauses.push({ name, operator, value: value.replace(/^'|'$/g, "") });
  }
  return clauses;
}

function comparable(name: string, value: string): string | number {
  return name.endsWith("DateTime") ? Date.parse(value) : value;
}

function holds(clause: Clause, stored: StoredReferral): boolean {
  const value = valueAt(stored.document, `/${clause.name}`);
  if (typeof value !== "string") return false;
  const left = comparable(clause.name, value);
  const right = comparable(clause.name, clause.value);
  switch (clause.operator) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "ge":
      return left >= right;
    case "gt":
      return left > right;
    case "le":
      return left <= right;
    default:
      return left < right;
  }
}

/**
 * Equal keys are ordered by id: the same in each walk, and unrelated to the order of the changes.
 */
function inOrder(rows: readonly StoredReferral[], orderby: string): readonly StoredReferral[] {
  const [name = "createdDateTime", direction = "asc"] = orderby.split(/[\s,]+/);
  const sign = direction === "desc" ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: Date.parse(String(row.document[name])) }));
  keyed.sort((left, right) => {
    const difference = left.key - right.key;
    if (difference !== 0) return sign * difference;
    return left.row.document.id < right.row.document.id ? -1 : 1;
  });
  return keyed.map(({ row }) => row);
}

function pageAfter(
  rows: readonly StoredReferral[],
  token: string | undefined,
  byPosition: boolean,
): { readonly rows: readonly StoredReferral[]; readonly position: number } {
  if (token === undefined) return { rows, position: 0 };
  const [position = "0", lastId = ""] = token.split("_");
  if (byPosition) return { rows: rows.slice(Number(position)), position: Number(position) };
  const last = rows.findIndex((row) => row.document.id === lastId);
  // A row that moved away is taken as still at its old place.
  const start = last < 0 ? Number(position) : last + 1;
  return { rows: rows.slice(start), position: Number(position) };
}

function list(
  model: ReferralsModel,
  organisation: string,
  target: Target,
  habits: HttpHabits,
): HttpResponse {
  const { query } = target;
  const clauses = query.has("$filter") ? clausesOf(query.get("$filter") ?? "") : [];
  if (!clauses) return errorAnswer(400, "invalidRequest", "the filter is not supported");
  const isComparison = clauses.some(({ operator }) => operator !== "eq" && operator !== "ne");
  if (isComparison && habits.refusesTimeFilter) {
    return errorAnswer(400, "invalidRequest", "comparisons are not supported");
  }
  const matching = model
    .listed(organisation)
    .filter((row) => clauses.every((clause) => holds(clause, row)));
  const ordered = inOrder(matching, query.get("$orderby") ?? "createdDateTime asc");
  const top = query.has("$top") ? Number(query.get("$top")) : Number.POSITIVE_INFINITY;
  const { rows, position } = pageAfter(ordered, query.get("$skiptoken"), habits.pagesByPosition);
  const wanted = Math.min(habits.pageSize, top - position);
  const page = rows.slice(0, wanted);
  const last = page[page.length - 1];
  let nextLink = "";
  if (last && rows.length > page.length && position + page.length < top) {
    const next = linkTo(target, `${position + page.length}_${last.document.id}`);
    nextLink = `,"@odata.nextLink":${JSON.stringify(next)}`;
  }
  const count = query.get("$count") === "true" ? `,"@odata.count":${matching.length}` : "";
  const value = page.map((row) => textOf(row.document)).join(",");
  return answer(
    200,
    `{"@odata.context":"${referralsOrigin}/$metadata#referrals"${count},"value":[${value}]${nextLink}}`,
  );
}

function written(outcome: WriteOutcome): HttpResponse {
  if (!outcome.ok) return errorAnswer(outcome.status, outcome.code, outcome.message);
  return answer(200, textOf(outcome.document), { etag: outcome.document.eTag });
}

function parsed(request: HttpRequest): unknown {
  try {
    return JSON.parse(request.body ?? "");
  } catch {
    return undefined;
  }
}

function header(request: HttpRequest, name: string): string | undefined {
  const direct = request.headers[name];
  if (direct !== undefined) return direct;
  const found = Object.keys(request.headers).find((key) => key.toLowerCase() === name);
  return found === undefined ? undefined : request.headers[found];
}

/** The organisation that a bearer token of the model stands for, with the token's serial number. */
export function tokenOf(
  request: HttpRequest,
): { organisation: string; serial: number } | undefined {
  const [, organisation, serial] =
    /^Bearer (org-\d+)\.(\d+)$/.exec(header(request, "authorization") ?? "") ?? [];
  return organisation === undefined ? undefined : { organisation, serial: Number(serial) };
}

/**
 * Answers one request as the service would, in no time. Foreign organisations' referrals don't
 * exist.
 */
export function handleReferralsRequest(
  model: ReferralsModel,
  organisation: string,
  request: HttpRequest,
  habits: HttpHabits,
): HttpResponse {
  const target = targetOf(request.url);
  if (!target.base.startsWith(referralsOrigin + path)) {
    return errorAnswer(404, "itemNotFound", "no such resource");
  }
  const own = target.base.slice(referralsOrigin.length + path.length);
  const id = decodeURIComponent(own.replaceAll("/", ""));
  if (id === "") {
    if (request.method === "GET") return list(model, organisation, target, habits);
    if (request.method !== "POST") return errorAnswer(405, "invalidRequest", "no such operation");
    const body = parsed(request);
    if (typeof body !== "object" || body === null) {
      return errorAnswer(400, "invalidRequest", "the body is not a JSON object");
    }
    const requestId = header(request, "ms-requestid");
    return written(
      model.create(organisation, "engine", body as Record<string, unknown>, requestId),
    );
  }
  const stored = model.find(id);
  if (!stored || stored.organisation !== organisation) {
    return errorAnswer(404, "itemNotFound", `there is no referral ${id}`);
  }
  const ifMatch = header(request, "if-match");
  switch (request.method) {
    case "GET":
      return answer(200, textOf(stored.document), { etag: stored.document.eTag });
    case "PATCH":
      return written(model.patch(id, "engine", parsed(request), ifMatch));
    case "PUT": {
      if (ifMatch === undefined) return errorAnswer(400, "invalidRequest", "If-Match is required");
      return written(model.put(id, "engine", parsed(request) as Record<string, unknown>, ifMatch));
    }
    default:
      return errorAnswer(405, "invalidRequest", "no such operation");
  }
}
