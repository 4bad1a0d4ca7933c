import type { Http } from "../../runtime/index.ts";
import { retryAfterMs, sendOnce, withoutValues } from "../adapting/refusal.ts";
import { CrmError, type CrmValue, type OperationOptions } from "../port.ts";

/** How an Odoo server is reached. */
export interface OdooTransportOptions {
  readonly http: Http;
  /** The server: `https://odoo.example`. */
  readonly url: string;
  readonly database: string;
  readonly user: string;
  /** An API key of the user, or its password. */
  readonly key: string;
  readonly timeoutMs?: number;
}

/** JSON as Odoo speaks it: `false` stands for nothing. */
export type OdooValue = CrmValue;
/** A record as `read` shows it: a many2one is `[id, name]` or `false`. */
export type OdooRow = Readonly<Record<string, OdooValue>>;

/** Calls a method of a model as the configured user. */
export type OdooCall = (
  model: string,
  method: string,
  args: readonly OdooValue[],
  options: OperationOptions,
  named?: Readonly<Record<string, OdooValue>>,
) => Promise<OdooValue>;

const reading = new Set(["search", "search_read", "search_count", "read", "fields_get"]);
reading.add("check_access_rights");
const defaultTimeoutMs = 60_000;

interface Answer {
  readonly result?: OdooValue;
  readonly error?: {
    readonly message?: string;
    readonly data?: { readonly name?: string; readonly message?: string };
  };
}

/** What an error stands for: it comes with status 200, and only its name is reliable. */
function errorOf({ data, message }: NonNullable<Answer["error"]>, sent: unknown, isWrite: boolean) {
  const name = data?.name ?? "";
  const sentence = withoutValues(data?.message || message || name, sent) || "no reason given";
  if (/AccessDenied|AccessError|SessionExpired/.test(name)) {
    return new CrmError("unauthorized", `Odoo refuses the user: ${sentence}`);
  }
  if (/MissingError/.test(name))
    return new CrmError("not-found", "the record isn't there any more");
  if (/SerializationFailure|LockNotAvailable|OperationalError|ConcurrencyError/.test(name)) {
    return new CrmError("unavailable", "Odoo's database is busy", { outcomeUnknown: isWrite });
  }
  return new CrmError("invalid", `Odoo refuses: ${sentence}`);
}

/** Signs in on first use; a key that Odoo refuses is tried once more by a new sign-in, and told. */
export function createOdooCall(transport: OdooTransportOptions): OdooCall {
  const { database, http, key, user } = transport;
  const url = `${transport.url.replace(/\/+$/, "")}/jsonrpc`;
  let signedIn: Promise<OdooValue> | undefined;

  const send = async (
    service: "common" | "object",
    method: string,
    args: readonly OdooValue[],
    { isWrite, sent }: { readonly isWrite: boolean; readonly sent: unknown },
    { signal }: OperationOptions,
  ): Promise<OdooValue> => {
    const body = { jsonrpc: "2.0", id: 1, method: "call", params: { service, method, args } };
    const response = await sendOnce(
      http,
      {
        method: "POST",
        url,
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(body),
        timeoutMs: transport.timeoutMs ?? defaultTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      },
      { crm: "Odoo", isWrite },
    );
    const { status } = response;
    const wait = retryAfterMs(response);
    const details = wait === undefined ? {} : { retryAfterMs: wait };
    if (status === 429) throw new CrmError("throttled", "Odoo's server asks to wait", details);
    if (status === 401 || status === 403) {
      throw new CrmError("unauthorized", `Odoo's server answered ${status}`);
    }
    if (status >= 500) {
      const unknown = { ...details, outcomeUnknown: isWrite };
      throw new CrmError("unavailable", `Odoo answered ${status}`, unknown);
    }
    let answer: Answer;
    try {
      answer = JSON.parse(response.body) as Answer;
    } catch (cause) {
      throw new CrmError("invalid", `Odoo answered ${status} without JSON; check the address`, {
        cause,
      });
    }
    if (answer.error) throw errorOf(answer.error, sent, isWrite);
    return answer.result ?? null;
  };

  const signIn = async (options: OperationOptions): Promise<OdooValue> => {
    const facts = { isWrite: false, sent: [user, key] };
    const id = await send("common", "authenticate", [database, user, key, {}], facts, options);
    // A wrong sign-in isn't an error to Odoo: it answers false.
    if (typeof id === "number") return id;
    throw new CrmError("unauthorized", "Odoo refuses user and key; check both and the database");
  };

  return async (model, method, args, options, named = {}) => {
    options.signal?.throwIfAborted();
    const known = signedIn ?? signIn(options);
    signedIn = known;
    try {
      const id = await known;
      const facts = { isWrite: !reading.has(method), sent: args };
      const all = [database, id, key, model, method, args, named];
      return await send("object", "execute_kw", all, facts, options);
    } catch (error) {
      const isRefused = error instanceof CrmError && error.code === "unauthorized";
      if (isRefused && signedIn === known) signedIn = undefined;
      throw error;
    }
  };
}
