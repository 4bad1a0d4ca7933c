import { Agent, type ClientRequest, type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps, Agent as SecureAgent } from "node:https";
import {
  type Http,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
} from "../../runtime/index.ts";

/** Http whose sockets stay open between calls. */
export interface PooledHttp {
  readonly http: Http;
  /** Closes the sockets. */
  close(): void;
}

const defaultTimeoutMs = 30_000;
const maxSockets = 256;
const maxFreeSockets = 64;

const neverSentCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);
const lostCodes = new Set(["ECONNRESET", "EPIPE"]);

const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? "") : "";

function readAnswer(response: IncomingMessage): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => {
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(response.headers)) {
        if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
      }
      const [first] = chunks;
      const body = chunks.length === 1 && first ? first : Buffer.concat(chunks);
      resolve({ status: response.statusCode ?? 0, headers, body: body.toString("utf8") });
    });
  });
}

/** One try: an answer, or the error together with whether the socket had served before. */
function attempt(request: HttpRequest, url: URL, agent: Agent): Promise<HttpResponse> {
  const over = url.protocol === "https:" ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    const { method, body, signal, timeoutMs = defaultTimeoutMs } = request;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const options = {
      method,
      headers: { ...request.headers, ...length },
      agent,
      // The socket's own timer: one of a signal's would live on for each call that has ended.
      timeout: timeoutMs,
      ...(signal ? { signal } : {}),
    };
    const call: ClientRequest = over(url, options, (response) =>
      readAnswer(response).then(resolve, reject),
    );
    call.on("timeout", () => call.destroy(new SocketSilent()));
    call.on("error", (error) => {
      const wasIdle = call.reusedSocket && lostCodes.has(codeOf(error));
      reject(wasIdle ? new IdleSocketLost(error) : error);
    });
    call.end(body);
  });
}

/** Nothing came for as long as an answer may take. */
class SocketSilent extends Error {}

/** The other side closed an idle socket just when it was to be used again. */
class IdleSocketLost extends Error {
  constructor(cause: Error) {
    super("an idle connection was closed", { cause });
    this.name = "IdleSocketLost";
  }
}

function failureOf(error: unknown, host: string): unknown {
  if (error instanceof SocketSilent) {
    return new HttpFailure("timeout", `no answer from ${host} in time`, { cause: error });
  }
  const cause = error instanceof IdleSocketLost ? error.cause : error;
  const code = codeOf(cause);
  const kind = neverSentCodes.has(code) ? "unreachable" : "connection-lost";
  const message = `no answer from ${host} (${code || "connection failed"})`;
  return new HttpFailure(kind, message, { cause });
}

/**
 * Http over node's own client, with sockets that stay open: through a gateway every call is made
 * twice, and the platform's fetch costs several times as much for each. Follows no redirect. The
 * timeout is that of silence on the socket. A read that met a socket just closed by the other side
 * is sent once more.
 */
export function pooledHttp(): PooledHttp {
  const options = { keepAlive: true, maxSockets, maxFreeSockets, scheduling: "lifo" } as const;
  const plain = new Agent(options);
  const secure = new SecureAgent(options);
  const http: Http = async (request) => {
    const url = new URL(request.url);
    const agent = url.protocol === "https:" ? secure : plain;
    try {
      try {
        return await attempt(request, url, agent);
      } catch (error) {
        if (!(error instanceof IdleSocketLost) || request.method !== "GET") throw error;
        return await attempt(request, url, agent);
      }
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw failureOf(error, url.host);
    }
  };
  return {
    http,
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}
