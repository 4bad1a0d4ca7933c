import {
  type Http,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
} from "../../runtime/index.ts";
import { CrmError } from "../port.ts";

const shortestSecret = 3;
const maxSentence = 500;
const secondMs = 1000;

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length >= shortestSecret ? [value] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(textsIn);
}

/** A CRM's sentence without the values that were sent, and of bearable length. */
export function withoutValues(sentence: string, sent: unknown): string {
  // The longest first, so that no part of one is left behind.
  const values = [...textsIn(sent)].sort((left, right) => right.length - left.length);
  return values
    .reduce((text, value) => text.replaceAll(value, "…"), sentence)
    .slice(0, maxSentence);
}

/** Retry-After in milliseconds, where it is given in seconds. */
export function retryAfterMs(response: HttpResponse): number | undefined {
  const seconds = Number(response.headers["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.max(0, seconds) * secondMs : undefined;
}

/** Sends a request; where no answer came, says so as a CrmError. */
export async function sendOnce(
  http: Http,
  request: HttpRequest,
  { crm, isWrite }: { readonly crm: string; readonly isWrite: boolean },
): Promise<HttpResponse> {
  try {
    return await http(request);
  } catch (failure) {
    if (!(failure instanceof HttpFailure)) throw failure;
    throw new CrmError("unavailable", `${crm} could not be reached: ${failure.message}`, {
      outcomeUnknown: isWrite && failure.kind !== "unreachable",
      cause: failure,
    });
  }
}
