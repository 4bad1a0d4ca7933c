/** One refusal in Salesforce's form: HTTP status, error code, sentence and the fields concerned. */
export class SalesforceError extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly fields: readonly string[] | undefined;

  constructor(status: number, errorCode: string, message: string, fields?: readonly string[]) {
    super(message);
    this.name = "SalesforceError";
    this.status = status;
    this.errorCode = errorCode;
    this.fields = fields;
  }
}

/** The body of a refusal: a list with one entry. */
export function errorList(error: SalesforceError): readonly Readonly<Record<string, unknown>>[] {
  const { errorCode, fields, message } = error;
  return [{ message, errorCode, ...(fields ? { fields } : {}) }];
}

/** The request itself is wrong. */
export function badRequest(
  errorCode: string,
  message: string,
  fields?: readonly string[],
): SalesforceError {
  return new SalesforceError(400, errorCode, message, fields);
}

/** Nothing is at this address, or the caller can't see it. */
export function notFound(
  message = "Provided external ID field does not exist or is not accessible",
): SalesforceError {
  return new SalesforceError(404, "NOT_FOUND", message);
}

/** A field that the object lacks, or that the caller may not see: the two look alike. */
export function noSuchColumn(object: string, field: string): SalesforceError {
  return badRequest(
    "INVALID_FIELD",
    `No such column '${field}' on entity '${object}'. If you are attempting to use a custom ` +
      "field, be sure to append the '__c' after the custom field name.",
  );
}
