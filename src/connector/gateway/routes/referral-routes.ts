import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { referralUrl } from "../../../client/index.ts";
import { basePath, operations, type Parameter, ReferralsError } from "../../../contract/index.ts";
import type { HttpRequest, HttpResponse } from "../../../runtime/index.ts";
import { connectionOf } from "../connection-guard.ts";
import type { Connection } from "../connections.ts";
import { followPages, hasNextPage, pageThroughGateway } from "../list-pages.ts";
import type { ReadCache } from "../read-cache.ts";
import type { Upstream, UpstreamCall } from "../upstream.ts";

/** What forwards the connector's operations. */
export interface ReferralRoutesOptions {
  readonly upstream: Upstream;
  readonly cache: ReadCache;
  /** `follow`: a list is answered whole. `pass`: page by page, as the service does it. */
  readonly pages: "follow" | "pass";
  /** The gateway's own address. */
  readonly publicUrl: () => string;
}

// Callers whose definition's base path ends in a slash send two.
const collectionPaths = [`${basePath}/referrals`, `${basePath}//referrals`];
/** Three addresses of a referral, literally: one for fields, two for deal registrations. */
const patchSuffixes = ["", "/", "//"];

const allParameters: readonly Parameter[] = operations.flatMap(({ parameters }) => parameters);
const defaultCallerId =
  allParameters.find(({ name }) => name === "X-Caller-Id")?.default ?? "partner-referrals";

const carriedRequestHeaders = ["client-request-id", "ms-requestid", "if-match", "prefer"];
const carriedAnswerHeaders = [
  "content-type",
  "etag",
  "request-id",
  "client-request-id",
  "location",
  "odata-version",
  "preference-applied",
  "retry-after",
  "www-authenticate",
];

function headersFor(request: FastifyRequest): Record<string, string> {
  const { headers } = request.raw;
  const carried = carriedRequestHeaders.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return {
    accept: "application/json",
    // The API wants it on calls without a body too.
    "content-type": "application/json",
    "x-caller-id": String(headers["x-caller-id"] ?? defaultCallerId),
    "ms-correlationid": String(headers["ms-correlationid"] ?? request.id),
    ...Object.fromEntries(carried),
  };
}

const queryOf = (request: FastifyRequest): string => {
  const url = request.raw.url ?? "";
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at);
};

function callFor(request: FastifyRequest, url: string): UpstreamCall {
  const body = request.rawBody;
  return {
    method: request.method as HttpRequest["method"],
    url,
    headers: headersFor(request),
    ...(body === undefined || body.length === 0 ? {} : { body: body.toString("utf8") }),
  };
}

function send(reply: FastifyReply, answer: HttpResponse): FastifyReply {
  for (const name of carriedAnswerHeaders) {
    const value = answer.headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  reply.code(answer.status);
  return answer.body === "" ? reply.send() : reply.send(answer.body);
}

const asksForPages = (request: FastifyRequest): boolean =>
  String(request.raw.headers.prefer ?? "")
    .toLowerCase()
    .includes("maxpagesize");

/** What makes two reads of a connection the same. */
const cacheKey = (request: FastifyRequest, url: string): string =>
  `${url} ${request.raw.headers.prefer ?? ""}`;

/** Adds the connector's operations, at each of the addresses that its definition leads to. */
export function addReferralRoutes(server: FastifyInstance, options: ReferralRoutesOptions): void {
  const { upstream, cache, pages, publicUrl } = options;
  const { endpoint } = upstream;

  async function wholeAnswer(connection: Connection, request: FastifyRequest, call: UpstreamCall) {
    const answer = await upstream.send(connection, call);
    if (answer.status !== 200 || !hasNextPage(answer.body)) return answer;
    if (pages === "pass" || asksForPages(request)) {
      const gatewayUrl = `${publicUrl()}${basePath}/referrals`;
      return { ...answer, body: pageThroughGateway(endpoint, answer.body, gatewayUrl) };
    }
    return followPages(endpoint, answer, (url) => upstream.send(connection, { ...call, url }));
  }

  async function read(request: FastifyRequest, reply: FastifyReply, url: string) {
    const connection = connectionOf(request);
    const key = cacheKey(request, url);
    const mayUseCache = !/no-cache|no-store/i.test(request.headers["cache-control"] ?? "");
    const cached = mayUseCache ? cache.find(connection.id, key) : undefined;
    if (cached) return send(reply.header("age", String(cached.ageS)), cached.answer);
    const writes = cache.writesOf(connection.id);
    const answer = await wholeAnswer(connection, request, callFor(request, url));
    if (answer.status === 200) cache.keep(connection.id, key, answer, writes);
    return send(reply, answer);
  }

  async function write(request: FastifyRequest, reply: FastifyReply, url: string) {
    const connection = connectionOf(request);
    try {
      return send(reply, await upstream.send(connection, callFor(request, url)));
    } finally {
      cache.noteWrite(connection.id);
    }
  }

  const collection = (request: FastifyRequest): string =>
    `${endpoint.referralsUrl}${queryOf(request)}`;
  const one = (request: FastifyRequest, suffix = ""): string => {
    const { id } = request.params as { id: string };
    if (id === "" || id === "." || id === "..") throw new ReferralsError("itemNotFound");
    return `${referralUrl(endpoint, id)}${suffix}${queryOf(request)}`;
  };

  for (const path of collectionPaths) {
    server.get(path, (request, reply) => read(request, reply, collection(request)));
    server.post(path, (request, reply) => write(request, reply, collection(request)));
    server.get(`${path}/:id`, async (request, reply) => read(request, reply, one(request)));
    server.put(`${path}/:id`, async (request, reply) => {
      if (request.headers["if-match"] === undefined) {
        throw new ReferralsError("preconditionRequired", { target: "If-Match" });
      }
      return write(request, reply, one(request));
    });
    for (const suffix of patchSuffixes) {
      server.patch(`${path}/:id${suffix}`, async (request, reply) =>
        write(request, reply, one(request, suffix)),
      );
    }
  }
}
