import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../runtime/index.ts";

const maxEchoLength = 128;

/**
 * Makes the headers that every answer carries: the request's id, the moment, and the ids that the
 * caller sent along. The answer is a list as `writeHead` takes it: name, value, name, value.
 */
export function identifyingHeaders(clock: Clock) {
  let stampedAt = Number.NaN;
  let stamp = "";
  return (requestId: string, received: IncomingHttpHeaders): string[] => {
    const now = clock.now();
    if (now !== stampedAt) {
      stampedAt = now;
      stamp = new Date(now).toISOString();
    }
    const headers = ["request-id", requestId, "timestamp", stamp];
    echo(headers, "client-request-id", received["client-request-id"]);
    echo(headers, "ms-correlationid", received["ms-correlationid"]);
    return headers;
  };
}

function echo(headers: string[], name: string, value: string | string[] | undefined): void {
  if (typeof value === "string" && value.length <= maxEchoLength) headers.push(name, value);
}
