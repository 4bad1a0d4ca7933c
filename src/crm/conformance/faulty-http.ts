import { type Http, HttpFailure } from "../../runtime/index.ts";
import type { Mishap } from "./world.ts";

/** Http on whose way mishaps can be arranged: for worlds that are real systems. */
export interface FaultyHttp {
  readonly http: Http;
  callCount(): number;
  /** The call that comes after `after` others meets with a mishap, once. */
  arrange(mishap: Mishap, after?: number): void;
}

/** Sends through another Http; `counts` says which calls are the CRM's, and not a sign-in. */
export function createFaultyHttp(
  inner: Http,
  counts: (url: string, body: string | undefined) => boolean = () => true,
): FaultyHttp {
  let calls = 0;
  let pending: { readonly mishap: Mishap; readonly at: number } | undefined;
  return {
    callCount: () => calls,
    arrange: (mishap, after = 0) => {
      pending = { mishap, at: calls + after };
    },
    http: async (request) => {
      if (!counts(request.url, request.body)) return inner(request);
      const mishap = pending?.at === calls ? pending.mishap : undefined;
      calls += 1;
      if (!mishap) return inner(request);
      pending = undefined;
      switch (mishap.kind) {
        case "lost-before":
          throw new HttpFailure("connection-lost", "the connection broke");
        case "broken":
          return { status: 503, headers: {}, body: "out of order" };
        case "throttled": {
          const headers = { "retry-after": String(mishap.retryAfterSeconds) };
          return { status: 429, headers, body: "" };
        }
        default:
          await inner(request);
          throw mishap.kind === "timeout"
            ? new HttpFailure("timeout", "no answer in time")
            : new HttpFailure("connection-lost", "the connection broke");
      }
    },
  };
}
