import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { ReferralsError } from "../contract/index.ts";
import { jsonProblemPosition } from "./json-problem-position.ts";

/** The content type of everything that is answered as JSON. */
export const jsonType = "application/json; charset=utf-8";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const forbiddenName = /"(?:_|\\u005[fF]){2}proto(?:_|\\u005[fF]){2}"\s*:/;

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new ReferralsError("invalidRequest", {
      message: "The body isn't valid UTF-8 text.",
      cause,
    });
  }
}

/** The value of a JSON body. Errors: invalidRequest with the position, never with the content. */
export function parseJsonBody(body: Buffer): unknown {
  const text = decode(body);
  if (forbiddenName.test(text)) {
    throw new ReferralsError("invalidRequest", { message: "The body has a forbidden name." });
  }
  try {
    return JSON.parse(text);
  } catch {
    const position = jsonProblemPosition(text) ?? text.length;
    throw new ReferralsError("invalidRequest", {
      message: `The body isn't valid JSON: the problem is at character ${position}.`,
      position,
    });
  }
}

/**
 * Where node has found that a request has no body, its stream never tells that it ends: parsers
 * would wait for ever, and read an empty one instead.
 */
export function endMissingBodies(server: FastifyInstance): void {
  server.addHook("preParsing", (request, _reply, payload, done) => {
    const isParsed = request.raw.headers["content-type"] !== undefined;
    done(null, isParsed && payload.readableEnded ? Readable.from([]) : payload);
  });
}

/**
 * Takes JSON bodies only, keeps their bytes as `rawBody`, and leaves the body undefined where none
 * was sent.
 */
export function acceptJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    (request, body: Buffer, done) => {
      request.rawBody = body;
      try {
        done(null, body.length === 0 ? undefined : parseJsonBody(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}
