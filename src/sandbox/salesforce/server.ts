import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { answerFromRows } from "../emulator-server.ts";
import type { Access } from "./access.ts";
import { answer, apiVersions, type Cursors } from "./answer.ts";
import { SalesforceError } from "./errors.ts";
import { answerMetadata } from "./metadata-soap.ts";
import { callerOf, type Organisation } from "./organisation.ts";
import type { RestResponse } from "./request.ts";
import { refusal } from "./resources.ts";

/** What the HTTP server is put together from. */
export interface ServerParts {
  readonly organisation: Organisation;
  readonly access: Access;
  readonly cursors: Cursors;
  /** The address that clients know. */
  origin(): string;
}

const bodyLimitBytes = 52_428_800;

function plainHeaders(request: FastifyRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

/** Salesforce's own clock stamps its answers. */
function dateHeader({ organisation }: ServerParts): string {
  return new Date(organisation.clock.now()).toUTCString();
}

function send(parts: ServerParts, reply: FastifyReply, response: RestResponse): FastifyReply {
  const { used, allowed } = parts.access.usage;
  reply
    .status(response.status)
    .header("date", dateHeader(parts))
    .header("sforce-limit-info", `api-usage=${used}/${allowed}`)
    .headers(response.headers ?? {});
  if (response.body === undefined) return reply.send();
  return reply
    .header("content-type", "application/json;charset=UTF-8")
    .send(JSON.stringify(response.body));
}

function parseBody(request: FastifyRequest): unknown {
  const text = typeof request.body === "string" ? request.body : "";
  if (text === "") return undefined;
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new SalesforceError(
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      "Content-Type header specified in HTTP request is not supported",
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SalesforceError(400, "JSON_PARSER_ERROR", "Unexpected character in the JSON body");
  }
}

function respond(parts: ServerParts, request: FastifyRequest): RestResponse {
  const { access, cursors, organisation } = parts;
  try {
    const user = access.userOf(request.headers.authorization);
    access.count();
    const caller = callerOf(organisation, user);
    return answer(
      { caller, cursors, access },
      {
        method: request.method,
        url: request.url,
        headers: plainHeaders(request),
        body: parseBody(request),
      },
    );
  } catch (error) {
    if (error instanceof SalesforceError) return refusal(error);
    throw error;
  }
}

function handle(
  parts: ServerParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const http = { request, reply };
  return answerFromRows(parts.organisation, http, {
    respond: () => respond(parts, request),
    send: (response) => send(parts, reply, response),
    plainRefusal: [],
  });
}

function issueToken(parts: ServerParts, request: FastifyRequest, reply: FastifyReply) {
  const form = new URLSearchParams(String(request.body ?? ""));
  if (form.get("grant_type") !== "client_credentials") {
    const error_description = "grant type not supported";
    return reply.status(400).send({ error: "unsupported_grant_type", error_description });
  }
  const secret = form.get("client_secret") ?? "";
  const token = parts.access.issue(form.get("client_id") ?? "", secret);
  if (token === undefined) {
    const error_description = "client identifier invalid";
    return reply.status(400).send({ error: "invalid_client_id", error_description });
  }
  return reply.send({
    access_token: token,
    instance_url: parts.origin(),
    id: `${parts.origin()}/id/00DdL0000000001UAA/005dL0000000001QAA`,
    token_type: "Bearer",
    issued_at: String(parts.organisation.clock.now()),
    scope: "api",
  });
}

async function metadata(parts: ServerParts, request: FastifyRequest, reply: FastifyReply) {
  const { access, organisation } = parts;
  const { status, body } = answerMetadata(
    organisation,
    String(request.body ?? ""),
    (session) => access.userOfSession(session) !== undefined,
  );
  await organisation.store.saved();
  return reply.status(status).header("content-type", "text/xml;charset=UTF-8").send(body);
}

function userInfo(parts: ServerParts, request: FastifyRequest, reply: FastifyReply) {
  try {
    const name = parts.access.userOf(request.headers.authorization);
    return reply.send({
      user_id: parts.organisation.userId(name),
      organization_id: "00DdL0000000001UAA",
      name,
    });
  } catch (error) {
    if (error instanceof SalesforceError) return send(parts, reply, refusal(error));
    throw error;
  }
}

/** Creates the HTTP server of the emulator; it doesn't listen yet. */
export function createSalesforceServer(parts: ServerParts): FastifyInstance {
  const server = fastify({ bodyLimit: bodyLimitBytes, exposeHeadRoutes: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  server.post("/services/oauth2/token", async (request, reply) =>
    issueToken(parts, request, reply),
  );
  server.get("/services/oauth2/userinfo", async (request, reply) =>
    userInfo(parts, request, reply),
  );
  server.post("/services/Soap/m/:version", (request, reply) => metadata(parts, request, reply));
  server.get("/services/data", async (_request, reply) =>
    reply.send(
      apiVersions.map((version) => ({
        label: version,
        url: `/services/data/v${version}`,
        version,
      })),
    ),
  );
  server.all("/services/data/*", (request, reply) => handle(parts, request, reply));
  return server;
}
