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
  objectDoesNotExist: "0x80040217",
  invalidArgument: "0x80040203",
  invalidQuery: "0x80060888",
  unknownProperty: "0x80048d19",
  valueOutOfRange: "0x80044330",
  textTooLong: "0x80044331",
  concurrencyVersionMismatch: "0x80060882",
  duplicateRecord: "0x80040237",
  recordExists: "0x80060892",
  invalidStateTransition: "0x80048408",
  throttledRequests: "0x80072322",
  throttledTime: "0x80072321",
  throttledConcurrency: "0x80072326",
  invalidKey: "0x80060891",
  closedOpportunity: "0x80043b15",
  expiredVersionStamp: "0x80044352",
  changeTrackingDisabled: "0x80044353",
  unauthenticated: "0x80072560",
} as const;

/** The row that a URL names is not there. */
export function rowNotFound(entity: string, id: string): DataverseError {
  return new DataverseError(
    404,
    errorCodes.objectDoesNotExist,
    `Entity '${entity}' With Id = ${id} Does Not Exist`,
  );
}

/** The request itself is wrong. */
export function badRequest(code: string, message: string): DataverseError {
  return new DataverseError(400, code, message);
}

/** The body in which Dataverse tells an error. */
export function errorBody(error: DataverseError): string {
  return JSON.stringify({ error: { code: error.code, message: error.message } });
}
