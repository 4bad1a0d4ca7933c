import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errorBody, ReferralsError } from "../contract/index.ts";
import type { Log } from "../runtime/index.ts";
import { jsonType } from "./json-body.ts";

const frameworkCodes: Readonly<Record<string, () => ReferralsError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new ReferralsError("unsupportedMediaType"),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new ReferralsError("payloadTooLarge"),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new ReferralsError("invalidRequest", { message: "The body isn't as long as Content-Length." }),
  FST_ERR_BAD_URL: () =>
    new ReferralsError("invalidRequest", { message: "The address has a wrong percent escape." }),
  FST_ERR_MAX_PARAM_LENGTH: () => new ReferralsError("itemNotFound"),
};

/** What an error of a part that the kit doesn't know says to the caller; undefined for a bug. */
export type Explain = (thrown: unknown) => ReferralsError | undefined;

/** The stack without its first line, whose message may quote a value. */
function framesOf(error: Error): string {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .join("\n");
}

/**
 * What a thrown thing says to the caller; anything unexpected is a generalException and is logged,
 * without its message.
 */
export function toReferralsError(
  thrown: unknown,
  log: Log,
  requestId: string,
  explain?: Explain,
): ReferralsError {
  const explained = thrown instanceof ReferralsError ? thrown : explain?.(thrown);
  if (explained) return explained;
  const code = String((thrown as { code?: unknown } | null)?.code ?? "");
  const known = frameworkCodes[code];
  if (known) return known();
  const fields =
    thrown instanceof Error
      ? { requestId, error: thrown.name, code, frames: framesOf(thrown) }
      : { requestId, error: typeof thrown };
  log.error(fields, "a request failed unexpectedly");
  return new ReferralsError("generalException", { cause: thrown });
}

/** Answers with an error body and the headers that belong to its code. */
export function sendError(reply: FastifyReply, error: ReferralsError): FastifyReply {
  if (error.retryAfterMs !== undefined) {
    reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  }
  const status = error.status >= 400 ? error.status : 500;
  return reply
    .code(status)
    .header("content-type", jsonType)
    .send(JSON.stringify(errorBody(error)));
}

/** Fastify's error handler of the kit. */
export function errorHandler(log: Log, explain?: Explain) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendError(reply, toReferralsError(thrown, log, request.id, explain));
}

/** The bytes that answer what isn't even HTTP. */
export function malformedRequestAnswer(errorCode: string | undefined): string {
  const status =
    errorCode === "HPE_HEADER_OVERFLOW"
      ? 431
      : errorCode === "ERR_HTTP_REQUEST_TIMEOUT"
        ? 408
        : 400;
  const body = JSON.stringify(
    errorBody(new ReferralsError("invalidRequest", { message: `${STATUS_CODES[status]}.` })),
  );
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${jsonType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
