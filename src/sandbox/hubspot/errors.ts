/** A refusal in HubSpot's form: HTTP status, category, sentence, and what stands beside them. */
export class HubSpotError extends Error {
  readonly status: number;
  readonly category: string;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    category: string,
    message: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "HubSpotError";
    this.status = status;
    this.category = category;
    this.more = more;
    this.headers = headers;
  }
}

/** The body of a refusal. */
export function errorBody(error: HubSpotError, correlationId: string) {
  const { category, message, more } = error;
  return { status: "error", message, correlationId, category, ...more };
}

/** The request itself is wrong. */
export function badRequest(message: string): HubSpotError {
  return new HubSpotError(400, "VALIDATION_ERROR", message);
}

/** Nothing is there. */
export function notFound(message = "resource not found"): HubSpotError {
  return new HubSpotError(404, "OBJECT_NOT_FOUND", message);
}

/** One property that a value doesn't fit. */
export interface PropertyProblem {
  readonly name: string;
  readonly error: string;
  readonly message: string;
}

/** Values that don't fit, told as HubSpot does: as JSON within the sentence. */
export function invalidProperties(problems: readonly PropertyProblem[]): HubSpotError {
  const list = problems.map((problem) => ({ isValid: false, ...problem }));
  return new HubSpotError(
    400,
    "VALIDATION_ERROR",
    `Property values were not valid: ${JSON.stringify(list)}`,
  );
}
