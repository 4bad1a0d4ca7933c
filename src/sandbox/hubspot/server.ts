import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { answerFromRows } from "../emulator-server.ts";
import type { Access } from "./access.ts";
import { answer } from "./answer.ts";
import type { HubSpotResponse } from "./answer-objects.ts";
import { kindOf } from "./definitions.ts";
import { badRequest, errorBody, HubSpotError } from "./errors.ts";
import type { Portal } from "./portal.ts";

/** What the HTTP server is put together from. */
export interface ServerParts {
  readonly portal: Portal;
  readonly access: Access;
}

const bodyLimitBytes = 10_485_760;

function send(parts: ServerParts, reply: FastifyReply, response: HubSpotResponse): FastifyReply {
  const { clock, random } = parts.portal;
  reply
    .status(response.status)
    .header("date", new Date(clock.now()).toUTCString())
    .header("x-hubspot-correlation-id", random.uuid());
  if (response.body === undefined) return reply.send();
  return reply
    .header("content-type", "application/json;charset=utf-8")
    .send(JSON.stringify(response.body));
}

function refusal({ portal }: ServerParts, error: HubSpotError): HubSpotResponse {
  return { status: error.status, body: errorBody(error, portal.random.uuid()) };
}

function parseBody(request: FastifyRequest): unknown {
  const text = typeof request.body === "string" ? request.body : "";
  if (text === "") return undefined;
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new HubSpotError(415, "UNSUPPORTED_MEDIA_TYPE", "HTTP 415 Unsupported Media Type");
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest("Invalid input JSON");
  }
}

/** The scope that a call needs. */
function scopeOf(method: string, path: readonly string[]): string | undefined {
  const [area, , resource, name = "", verb, action] = path;
  const kind = kindOf(name);
  if (area !== "crm" || !kind) return undefined;
  const isReading =
    method === "GET" || verb === "search" || (verb === "batch" && action === "read");
  const right = isReading ? "read" : "write";
  return resource === "properties" || resource === "pipelines"
    ? `crm.schemas.${kind}.${right}`
    : `crm.objects.${kind}.${right}`;
}

function respond(parts: ServerParts, request: FastifyRequest): HubSpotResponse {
  const { access, portal } = parts;
  try {
    const url = new URL(request.url, "http://sandbox");
    const path = url.pathname
      .split("/")
      .filter((segment) => segment !== "")
      .map((segment) => decodeURIComponent(segment));
    const { method } = request;
    const userId = access.userOf(request.headers.authorization, scopeOf(method, path));
    access.count(userId, path[4] === "search");
    const body = parseBody(request);
    const call = { portal, userId, method, options: url.searchParams, body };
    return portal.store.change(() => answer(call, path));
  } catch (error) {
    if (error instanceof HubSpotError) return refusal(parts, error);
    throw error;
  }
}

function handle(
  parts: ServerParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const http = { request, reply };
  return answerFromRows(parts.portal, http, {
    respond: () => respond(parts, request),
    send: (response) => send(parts, reply, response),
    plainRefusal: { status: "error" },
  });
}

function issueToken(parts: ServerParts, request: FastifyRequest, reply: FastifyReply) {
  const form = new URLSearchParams(String(request.body ?? ""));
  const issued = form.get("grant_type") === "refresh_token" ? parts.access.issue(form) : undefined;
  if (!issued) {
    const message = "missing or unknown auth code or refresh token";
    return send(parts, reply, { status: 400, body: { status: "BAD_REFRESH_TOKEN", message } });
  }
  return send(parts, reply, {
    status: 200,
    body: {
      token_type: "bearer",
      access_token: issued.token,
      refresh_token: form.get("refresh_token"),
      expires_in: issued.seconds,
    },
  });
}

/** Creates the HTTP server of the emulator; it doesn't listen yet. */
export function createHubSpotServer(parts: ServerParts): FastifyInstance {
  const server = fastify({ bodyLimit: bodyLimitBytes, exposeHeadRoutes: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  server.post("/oauth/v1/token", async (request, reply) => issueToken(parts, request, reply));
  server.all("/*", (request, reply) => handle(parts, request, reply));
  return server;
}
