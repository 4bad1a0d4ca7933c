import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import { collectMethods } from "./allowed-methods.ts";
import {
  type Explain,
  errorHandler,
  malformedRequestAnswer,
  sendError,
  toReferralsError,
} from "./error-reply.ts";
import { acceptJsonBodies } from "./json-body.ts";

const defaultBodyLimitBytes = 1_048_576;
const maxParamLength = 512;
const maxEchoLength = 128;
const requestTimeoutMs = 60_000;

/** What a server of the kit needs. */
export interface ServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Bytes of the largest body; 1 MiB unless told. */
  readonly bodyLimitBytes?: number;
  /** Says what the errors of parts behind the routes mean for the caller. */
  readonly explain?: Explain;
}

function echo(reply: FastifyReply, name: string, value: string | string[] | undefined): void {
  if (typeof value === "string" && value.length <= maxEchoLength) reply.header(name, value);
}

/**
 * Clients generated from the connector's definition name the content type twice: once by themselves
 * and once as the header that the definition asks for. Said twice alike, it counts once.
 */
function soleType(text: string): string {
  const [first = "", ...others] = text.split(",").map((part) => part.trim());
  return others.every((other) => other.toLowerCase() === first.toLowerCase()) ? first : text;
}

/** The headers that every answer carries, written before anything can fail. */
function addIdentifyingHeaders(server: FastifyInstance, clock: Clock): void {
  let stampedAt = Number.NaN;
  let stamp = "";
  server.addHook("onRequest", (request, reply, done) => {
    const now = clock.now();
    if (now !== stampedAt) {
      stampedAt = now;
      stamp = new Date(now).toISOString();
    }
    const headers = request.raw.headers;
    const type = headers["content-type"];
    if (type?.includes(",")) headers["content-type"] = soleType(type);
    reply.header("request-id", request.id).header("timestamp", stamp);
    echo(reply, "client-request-id", headers["client-request-id"]);
    echo(reply, "MS-CorrelationId", headers["ms-correlationid"]);
    done();
  });
}

function answerUnknownRoutes(server: FastifyInstance): void {
  const methodsOf = collectMethods(server);
  server.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.raw.url?.split("?", 1)[0] ?? "/";
    const methods = methodsOf(path);
    if (methods.length === 0) {
      return sendError(reply, new ReferralsError("itemNotFound", { message: "No such address." }));
    }
    reply.header("allow", methods.join(", "));
    return sendError(reply, new ReferralsError("methodNotAllowed"));
  });
}

/** Calls under way are answered, and then their connections don't wait for another call. */
function endConnectionsOnClose(server: FastifyInstance): void {
  server.addHook("preClose", (done) => {
    server.server.keepAliveTimeout = 1;
    server.server.keepAliveTimeoutBuffer = 0;
    done();
  });
}

/** An expectation that nobody knows is passed over, as RFC 9110 section 10.1.1 allows. */
function passOverExpectations(server: FastifyInstance): void {
  server.server.on("checkExpectation", (request, response) => server.routing(request, response));
}

/** A Fastify server with the kit's request ids, JSON bodies and error bodies, and no route yet. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { clock, random, log } = options;
  const server: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes ?? defaultBodyLimitBytes,
    genReqId: () => random.uuid(),
    requestIdHeader: false,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      reply.header("request-id", request.id);
      sendError(reply, toReferralsError(error, log, request.id));
    },
    clientErrorHandler: (error, socket) => {
      if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
      else socket.end(malformedRequestAnswer(error.code));
    },
  });
  server.decorateRequest("principal", undefined);
  server.decorateRequest("rawBody", undefined);
  server.setErrorHandler(errorHandler(log, options.explain));
  addIdentifyingHeaders(server, clock);
  acceptJsonBodies(server);
  answerUnknownRoutes(server);
  endConnectionsOnClose(server);
  passOverExpectations(server);
  return server;
}
