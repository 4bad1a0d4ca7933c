import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { answerWithMishaps } from "../emulator-server.ts";
import type { Mishaps } from "../mishaps.ts";
import type { Access } from "./access.ts";
import type { Environment } from "./environment.ts";
import { DataverseError } from "./errors.ts";
import type { WebApiRequest, WebApiResponse } from "./request.ts";
import { answer, errorResponse } from "./service.ts";

/** The Web API's path, with the version that this emulator speaks. */
export const rootPath = "/api/data/v9.2";

/** Where a client of the sandbox gets its token, in the form of Microsoft's identity platform. */
export const tokenPath = "/sandbox/oauth2/v2.0/token";

/** What the HTTP server is put together from. */
export interface ServerParts {
  readonly environment: Environment;
  readonly access: Access;
  readonly mishaps: Mishaps;
  /** The Web API's root as clients see it. */
  rootUrl(): string;
}

const bodyLimitBytes = 16 * 1024 * 1024;

function plainHeaders(request: FastifyRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function send(reply: FastifyReply, response: WebApiResponse): FastifyReply {
  const hasBody = response.status !== 204 && response.status !== 304;
  return reply
    .status(response.status)
    .headers(response.headers)
    .send(hasBody ? response.body : null);
}

async function respond(parts: ServerParts, request: WebApiRequest): Promise<WebApiResponse> {
  try {
    const user = parts.access.userOf(request.headers.authorization);
    return await parts.access.within(user, () =>
      answer(parts.environment, parts.environment.context(user, parts.rootUrl()), request),
    );
  } catch (error) {
    if (error instanceof DataverseError) return errorResponse(error);
    throw error;
  }
}

function handle(
  parts: ServerParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return answerWithMishaps(
    parts.mishaps,
    { request, reply },
    {
      answer: async () => {
        const response = await respond(parts, {
          method: request.method,
          target: request.url.slice(rootPath.length + 1),
          headers: plainHeaders(request),
          body: typeof request.body === "string" ? request.body : "",
        });
        return () => send(reply, response);
      },
      refuse: ({ retryAfterSeconds, status }) => {
        const message = "Arranged by a test.";
        const error = new DataverseError(status, "", message, retryAfterSeconds);
        return send(reply, errorResponse(error));
      },
    },
  );
}

function issueToken(parts: ServerParts, request: FastifyRequest, reply: FastifyReply) {
  const form = new URLSearchParams(String(request.body ?? ""));
  const isGrant = form.get("grant_type") === "client_credentials";
  const issued = isGrant
    ? parts.access.issue(form.get("client_id") ?? "", form.get("client_secret") ?? "")
    : undefined;
  if (!issued) {
    const error = isGrant ? "invalid_client" : "unsupported_grant_type";
    return reply.status(isGrant ? 401 : 400).send({ error, error_description: error });
  }
  const { token, seconds } = issued;
  return reply.send({ token_type: "Bearer", access_token: token, expires_in: seconds });
}

/** Creates the HTTP server of the emulator; it doesn't listen yet. */
export function createDataverseServer(parts: ServerParts): FastifyInstance {
  const server = fastify({ bodyLimit: bodyLimitBytes, exposeHeadRoutes: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  server.post(tokenPath, async (request, reply) => issueToken(parts, request, reply));
  server.all(`${rootPath}/*`, (request, reply) => handle(parts, request, reply));
  return server;
}
