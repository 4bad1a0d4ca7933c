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
import { identifyingHeaders } from "./identifying-headers.ts";
import { acceptJsonBodies, endMissingBodies } from "./json-body.ts";
import { type Lane, laneBeforeRouting } from "./lane.ts";

const defaultBodyLimitBytes = 1_048_576;
const maxParamLength = 512;
/** In milliseconds: to receive a whole request, and to keep an idle connection open. */
const timeouts = { requestTimeout: 60_000, keepAliveTimeout: 72_000 };

/** What a server of the kit needs. */
export interface ServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Bytes of the largest body; 1 MiB unless told. */
  readonly bodyLimitBytes?: number;
  /** Says what the errors of parts behind the routes mean for the caller. */
  readonly explain?: Explain;
  /** Is asked before the router; none unless given. */
  readonly lane?: Lane;
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
  const identify = identifyingHeaders(clock);
  server.addHook("onRequest", (request, reply, done) => {
    const { headers } = request.raw;
    const type = headers["content-type"];
    if (type?.includes(",")) headers["content-type"] = soleType(type);
    const named = identify(request.id, headers);
    for (let at = 0; at < named.length; at += 2) reply.header(named[at] ?? "", named[at + 1]);
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
function endConnectionsOnClose(server: FastifyInstance, state: { isClosing: boolean }): void {
  server.addHook("preClose", (done) => {
    state.isClosing = true;
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
  const { clock, random, log, lane } = options;
  const state = { isClosing: false };
  const isClosing = (): boolean => state.isClosing;
  const server: FastifyInstance = Fastify({
    ...(lane ? { serverFactory: laneBeforeRouting({ lane, isClosing, ...timeouts }) } : {}),
    logger: false,
    bodyLimit: options.bodyLimitBytes ?? defaultBodyLimitBytes,
    genReqId: () => random.uuid(),
    requestIdHeader: false,
    ...timeouts,
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
  if (lane) endMissingBodies(server);
  answerUnknownRoutes(server);
  endConnectionsOnClose(server, state);
  passOverExpectations(server);
  return server;
}
