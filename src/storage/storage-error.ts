/** The closed set of ways in which storage refuses; anything else is the database's own error. */
export type StorageErrorCode =
  | "timeLimitExceeded"
  | "tooManyScans"
  | "databaseTooNew"
  | "databaseClosed"
  | "databaseBusy"
  | "databaseUnreachable"
  | "uniqueViolation"
  | "notStorable"
  | "backupExists"
  | "unsupportedUrl";

/** A refusal by storage: what was wrong and what to do. Carries no stored value. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
