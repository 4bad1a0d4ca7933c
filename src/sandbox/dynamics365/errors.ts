/** A refusal in Dataverse's form: HTTP status, its hexadecimal code and a sentence. */
export class DataverseError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = "DataverseError";
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The codes of Dataverse's error table that this emulator answers with. */
export const errorCodes = {
  attributeNotFound: "0x80060888",
  changeTrackingDisabled: "0x80044353",
  closedOpportunity: "0x80040203",
  concurrencyVersionMismatch: "0x80060882",
  currencyMissing: "0x80048cfb",
  duplicateName: "0x80044153",
  duplicateRecord: "0x80040237",
  entityNotFound: "0x80060888",
  expiredVersionStamp: "0x80044352",
  invalidArgument: "0x80040203",
  invalidKey: "0x80060891",
  invalidQuery: "0x80060888",
  invalidStatusForState: "0x80048408",
  notImplemented: "0x80060889",
  objectDoesNotExist: "0x80040217",
  optionNotUnique: "0x80044310",
  optionOutOfRange: "0x8004431a",
  privilegeDenied: "0x80040220",
  setStateRefused: "0x80100005",
  textTooLong: "0x80044331",
  throttledConcurrency: "0x80072326",
  throttledRequests: "0x80072322",
  throttledTime: "0x80072321",
  unauthenticated: "0x80072560",
  unknownProperty: "0x80048d19",
  valueOutOfRange: "0x80044330",
} as const;

/** The row that a URL names is not there. */
export function rowNotFound(entity: string, id: string): DataverseError {
  return new DataverseError(
    404,
    errorCodes.objectDoesNotExist,
    `Entity '${entity}' With Id = ${id} Does Not Exist`,
  );
}

/** The caller's roles don't let them see a row, or all rows of a table. */
export function accessDenied(entity: string): DataverseError {
  return new DataverseError(
    403,
    errorCodes.privilegeDenied,
    `Principal user is missing prvRead privilege on entity '${entity}' at organization level.`,
  );
}

/** The request itself is wrong. */
export function badRequest(code: string, message: string): DataverseError {
  return new DataverseError(400, code, message);
}

/** A part of OData that Dataverse doesn't have. */
export function notImplemented(message: string): DataverseError {
  return new DataverseError(501, errorCodes.notImplemented, message);
}

/** The body in which Dataverse tells an error. */
export function errorBody(error: DataverseError): string {
  return JSON.stringify({ error: { code: error.code, message: error.message } });
}
