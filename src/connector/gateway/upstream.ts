import { type Endpoint, parseEndpoint } from "../../client/index.ts";
import { errorFromResponse, ReferralsError } from "../../contract/index.ts";
import {
  type Http,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
} from "../../runtime/index.ts";
import type { Connection } from "./connections.ts";
import type { UpstreamTokens } from "./upstream-tokens.ts";

/** What the referrals API behind the gateway is reached with. */
export interface UpstreamOptions {
  /** An origin, or the URL of the collection of referrals. */
  readonly referralsUrl: string;
  readonly tokens: UpstreamTokens;
  readonly http: Http;
  /** Milliseconds that an answer may take; 100,000 unless told. */
  readonly timeoutMs?: number;
  /** Told of each answer. */
  readonly onAnswer?: (status: number) => void;
}

/** One call to the referrals API. */
export type UpstreamCall = Pick<HttpRequest, "method" | "url" | "headers" | "body">;

// Power Platform itself gives up after two minutes.
const defaultTimeoutMs = 100_000;

/** The referrals API behind the gateway: Partner Center's, or a sandbox's. */
export class Upstream {
  readonly endpoint: Endpoint;
  readonly #options: UpstreamOptions;

  constructor(options: UpstreamOptions) {
    this.endpoint = parseEndpoint(options.referralsUrl);
    this.#options = options;
  }

  /**
   * Calls on behalf of a connection; a token that was refused is renewed once. Resolves on any
   * status. Errors: those of a sign-in; unreachable, timeout, and outcomeUnknown for a write.
   */
  async send(connection: Connection, call: UpstreamCall): Promise<HttpResponse> {
    const { tokens } = this.#options;
    const token = await tokens.tokenOf(connection);
    const first = await this.#sendWith(token, call);
    const answer = first.status === 401 ? await this.#sendAnew(connection, call, token) : first;
    if (answer.status !== 401) await tokens.noteSuccess(connection);
    else await tokens.noteRefusal(connection, errorFromResponse(401, {}, answer.body).code);
    return answer;
  }

  async #sendAnew(connection: Connection, call: UpstreamCall, refused: string) {
    return this.#sendWith(await this.#options.tokens.tokenOf(connection, refused), call);
  }

  async #sendWith(token: string, call: UpstreamCall): Promise<HttpResponse> {
    const { http, timeoutMs = defaultTimeoutMs, onAnswer } = this.#options;
    const headers = { ...call.headers, authorization: `Bearer ${token}` };
    try {
      const answer = await http({ ...call, headers, timeoutMs });
      onAnswer?.(answer.status);
      return answer;
    } catch (error) {
      onAnswer?.(0);
      throw error instanceof HttpFailure ? errorOf(error, call.method) : error;
    }
  }
}

function errorOf(failure: HttpFailure, method: HttpRequest["method"]): ReferralsError {
  if (failure.kind === "unreachable") {
    const message = "The referrals service can't be reached, and nothing was sent.";
    return new ReferralsError("unreachable", { message, status: 502, cause: failure });
  }
  const code = method === "GET" ? "timeout" : "outcomeUnknown";
  return new ReferralsError(code, { status: 504, cause: failure });
}
