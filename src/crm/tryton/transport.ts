import type { Http } from "../../runtime/index.ts";
import { retryAfterMs, sendOnce, withoutValues } from "../adapting/refusal.ts";
import { CrmError, type OperationOptions } from "../port.ts";
import type { Wire } from "./wire-values.ts";

/** How a Tryton server is reached. */
export interface TrytonTransportOptions {
  readonly http: Http;
  /** The server with the database: `https://tryton.example/sales`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly timeoutMs?: number;
}

/** What a user of Tryton works in: the company, the employee, the language. */
export type TrytonContext = Readonly<Record<string, Wire>>;

/** Calls methods of models as the configured user. */
export interface TrytonRpc {
  /** Calls `model.<model>.<method>`; the user's context, with what is added to it, comes last. */
  call(
    method: string,
    parameters: readonly Wire[],
    options: OperationOptions,
    added?: TrytonContext,
  ): Promise<Wire>;
  /** The user's own context. */
  context(options: OperationOptions): Promise<TrytonContext>;
}

/** Methods that change nothing; an answer that is lost leaves nothing in doubt. */
const reading = /\.(?:read|search|search_read|search_count|fields_get|get_preferences|get_access)$/;
const defaultTimeoutMs = 60_000;
const crm = "Tryton";

interface Answer {
  readonly result?: Wire;
  readonly error?: readonly unknown[];
}

/** The sentence of `['UserError', ['sentence', 'description', null]]`. */
function sentenceOf([, words]: readonly unknown[]): string {
  const [sentence] = Array.isArray(words) ? words : [words];
  return typeof sentence === "string" ? sentence : "";
}

/**
 * What an error in the answer stands for. Sentences are in the user's language: only names count.
 */
function errorOf(error: readonly unknown[], sent: unknown): CrmError {
  const name = String(error[0] ?? "");
  const sentence = withoutValues(sentenceOf(error) || name, sent) || "no reason given";
  if (name === "ConcurrencyException") {
    return new CrmError("conflict", "the deal changed in Tryton meanwhile");
  }
  if (/^(?:Login|Session|Access)/.test(name)) return new CrmError("unauthorized", sentence);
  return new CrmError("invalid", `Tryton refuses: ${sentence}`);
}

function parsed(body: string): Answer {
  try {
    return JSON.parse(body) as Answer;
  } catch (cause) {
    throw new CrmError("unavailable", "Tryton's answer isn't JSON; is the address right?", {
      cause,
    });
  }
}

interface Session {
  readonly header: string;
  readonly context: TrytonContext;
}

/** Signs in on first use and again once where a session has ended. */
export function createTrytonRpc(transport: TrytonTransportOptions): TrytonRpc {
  const { http, password, user } = transport;
  const url = `${transport.url.replace(/\/+$/, "")}/`;
  let session: Promise<Session> | undefined;

  const send = async (
    method: string,
    parameters: readonly Wire[],
    header: string | undefined,
    { signal }: OperationOptions,
  ): Promise<Answer | "ended"> => {
    const isWrite = method.startsWith("model.") && !reading.test(method);
    const response = await sendOnce(
      http,
      {
        method: "POST",
        url,
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...(header === undefined ? {} : { authorization: header }),
        },
        body: JSON.stringify({ id: 1, method, params: parameters }),
        timeoutMs: transport.timeoutMs ?? defaultTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      },
      { crm, isWrite },
    );
    const { status } = response;
    if (status < 300) return parsed(response.body);
    if (status === 401 && header !== undefined) return "ended";
    const wait = retryAfterMs(response);
    const details = wait === undefined ? {} : { retryAfterMs: wait };
    if (status === 429) throw new CrmError("throttled", "Tryton asks to wait", details);
    if (status === 401 || status === 403) {
      throw new CrmError("unauthorized", `Tryton refuses the user (${status}); check its rights`);
    }
    throw status >= 500
      ? new CrmError("unavailable", `Tryton answered ${status}`, {
          ...details,
          outcomeUnknown: isWrite,
        })
      : new CrmError("invalid", `Tryton answered ${status}; are address and version right?`);
  };

  const signIn = async (options: OperationOptions): Promise<Session> => {
    const login = await send("common.db.login", [user, { password }, "en"], undefined, options);
    const found = login === "ended" ? undefined : login.result;
    if (!Array.isArray(found)) {
      throw new CrmError("unauthorized", "Tryton refuses user and password; check both");
    }
    const [id, key] = found;
    // Text in the header is Latin-1 once encoded; names may hold more.
    const bytes = new TextEncoder().encode(`${user}:${String(id)}:${String(key)}`);
    const header = `Session ${btoa(String.fromCharCode(...bytes))}`;
    const asked = await send("model.res.user.get_preferences", [true, {}], header, options);
    if (asked === "ended") throw new CrmError("unauthorized", "Tryton ended the session at once");
    const { company, employee, language } = (asked.result ?? {}) as Record<string, Wire>;
    const context = { company, employee, language } as TrytonContext;
    return { header, context: JSON.parse(JSON.stringify(context)) as TrytonContext };
  };

  const current = (options: OperationOptions): Promise<Session> => {
    session ??= signIn(options).catch((error: unknown) => {
      session = undefined;
      throw error;
    });
    return session;
  };

  return {
    context: async (options) => (await current(options)).context,
    call: async (method, parameters, options, added = {}) => {
      options.signal?.throwIfAborted();
      for (let attempt = 1; ; attempt += 1) {
        const known = current(options);
        const { context, header } = await known;
        const all = [...parameters, { ...context, ...added }];
        const answer = await send(`model.${method}`, all, header, options);
        if (answer !== "ended") {
          if (answer.error) throw errorOf(answer.error, parameters);
          return answer.result ?? null;
        }
        // An ended session means that nothing was done, so one repeat in a new one is safe.
        if (session === known) session = undefined;
        if (attempt === 2) throw new CrmError("unauthorized", "Tryton refuses each new session");
      }
    },
  };
}
