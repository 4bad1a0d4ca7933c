/** An answer of the server that isn't what was asked for; its message is for people. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** How long the server asked to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }

  /** True where asking again can't help. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}

interface ErrorBody {
  readonly error?: { readonly code?: string; readonly message?: string };
}

const unreachable =
  "The sync doesn't answer: is it running? This page looks again as soon as it does.";

/** Asks the operator's API. Errors: Refusal, with a sentence that can be shown. */
export async function ask<Answer>(
  path: string,
  options: {
    readonly method?: string;
    readonly body?: unknown;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Answer> {
  const { body, signal } = options;
  const method = options.method ?? (body === undefined ? "GET" : "POST");
  const response = await fetch(path, {
    method,
    ...(signal ? { signal } : {}),
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new Refusal(0, "unreachable", unreachable);
  });
  if (response.ok) return (await response.json()) as Answer;
  const answer = (await response.json().catch(() => ({}))) as ErrorBody;
  const message = answer.error?.message ?? `The server answered ${response.status}.`;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  throw new Refusal(response.status, answer.error?.code ?? "unknown", message, retryAfterMs);
}
