import { CliFailure } from "../failure.ts";

/** The sentence in an error body, whichever of the usual shapes it has. */
function sentenceOf(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const first: unknown = Array.isArray(body) ? body[0] : body;
    if (typeof first !== "object" || first === null) return undefined;
    const error: unknown = Reflect.get(first, "error") ?? first;
    const message: unknown =
      typeof error === "object" && error !== null ? Reflect.get(error, "message") : error;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Sends one call of a sandbox's API as a visitor; resolves to the answer's text. */
export async function sendJson(
  url: string,
  method: "GET" | "POST" | "PUT" | "PATCH",
  token: string,
  body?: unknown,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw new CliFailure(sentenceOf(text) ?? `The sandbox answered ${response.status}.`, {
    remedy: "Correct the values and send them again.",
  });
}
