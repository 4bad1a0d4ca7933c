import type { Http, HttpResponse } from "../../runtime/index.ts";
import { retryAfterMs, sendOnce, withoutValues } from "../adapting/refusal.ts";
import { CrmError, type OperationOptions } from "../port.ts";
import { mappedField } from "./mapping.ts";

/** How an EspoCRM is reached. */
export interface EspoTransportOptions {
  readonly http: Http;
  /** The instance: `https://crm.example`. */
  readonly url: string;
  /** The key of an API user. */
  readonly apiKey: string;
  readonly timeoutMs?: number;
}

/** One call of the REST API. */
export interface EspoRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `api/v1/`. */
  readonly target: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses to hand back instead of throwing. */
  readonly accept?: readonly number[];
}

/** Sends calls; resolves to the parsed answer, undefined for an accepted refusal. */
export type EspoSend = (request: EspoRequest, options: OperationOptions) => Promise<unknown>;

const defaultTimeoutMs = 60_000;

interface Refusal {
  readonly messageTranslation?: {
    readonly label?: string;
    readonly data?: { readonly field?: string; readonly type?: string };
  };
}

function refusalIn(body: string): Refusal {
  try {
    return (JSON.parse(body) as Refusal | null) ?? {};
  } catch {
    return {};
  }
}

/** What Espo's validations mean, by their names. */
const validations: Readonly<Record<string, string>> = {
  required: "it must have a value",
  valid: "the value isn't one that Espo takes",
  validCurrency: "the currency isn't one of the instance's",
  pattern: "it has characters that Espo doesn't take",
  maxLength: "it is too long",
  emailAddress: "it is no e-mail address",
};
const phoneRule =
  "Espo takes phone numbers with their country code alone (+49 …), unless International phone " +
  "numbers is off in its settings";

/** A refusal of a field's value; undefined where Espo names none. */
function fieldRefusal(body: string, target: string): CrmError | undefined {
  const { field, type = "valid" } = refusalIn(body).messageTranslation?.data ?? {};
  if (field === undefined) return undefined;
  const [entity = ""] = target.split(/[/?]/);
  const isPhone = field === "phoneNumber" && type === "valid";
  const rule = isPhone ? phoneRule : (validations[type] ?? `it isn't ${type}`);
  return new CrmError("invalid", `EspoCRM refuses ${entity}.${field}: ${rule}`, {
    field: mappedField(entity, field, type === "validCurrency"),
  });
}

function errorOf(response: HttpResponse, { body: sent, method, target }: EspoRequest): CrmError {
  const { body, headers, status } = response;
  const isWrite = method !== "GET";
  const reason = withoutValues(headers["x-status-reason"] ?? "no reason given", sent);
  const wait = retryAfterMs(response);
  const details = wait === undefined ? {} : { retryAfterMs: wait };
  const text = `EspoCRM answered ${status}: ${reason}`;
  switch (status) {
    case 401:
      return new CrmError("unauthorized", "EspoCRM refuses the API key; check it and its user");
    case 403: {
      // The account or person was deleted after we had found it: found anew, all is well.
      const { label } = refusalIn(body).messageTranslation ?? {};
      if (label === "cannotRelateNonExisting") return new CrmError("conflict", text);
      return new CrmError("unauthorized", `${text}; check the rights of the API user's role`);
    }
    case 404:
      return new CrmError("not-found", text);
    case 409:
      // A duplicate is a 409 as well: reading again and repeating would never end.
      return new CrmError(reason.includes("duplicate") ? "invalid" : "conflict", text);
    case 429:
      return new CrmError("throttled", text, details);
    default:
      if (status >= 500) {
        return new CrmError("unavailable", text, { ...details, outcomeUnknown: isWrite });
      }
      return fieldRefusal(body, target) ?? new CrmError("invalid", text);
  }
}

/** Creates the one thin layer between the adapter and the wire; nothing is repeated here. */
export function createEspoSend({ apiKey, http, timeoutMs, url }: EspoTransportOptions): EspoSend {
  const root = `${url.replace(/\/+$/, "")}/api/v1/`;
  return async (request, { signal }) => {
    signal?.throwIfAborted();
    const { accept = [], body, headers, method, target } = request;
    const isWrite = method !== "GET";
    const response = await sendOnce(
      http,
      {
        method,
        url: root + target,
        headers: {
          accept: "application/json",
          "x-api-key": apiKey,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        timeoutMs: timeoutMs ?? defaultTimeoutMs,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      },
      { crm: "EspoCRM", isWrite },
    );
    if (accept.includes(response.status)) return undefined;
    if (response.status >= 400) throw errorOf(response, request);
    // Espo says so where there is nothing to show, and means null.
    if (response.body === "") return null;
    try {
      return JSON.parse(response.body);
    } catch (cause) {
      throw new CrmError("unavailable", "EspoCRM's answer isn't JSON; is the address right?", {
        cause,
      });
    }
  };
}
