import { badRequest, errorList, SalesforceError } from "./errors.ts";
import type { Caller } from "./organisation.ts";
import { type Address, objectBody, type RestRequest, type RestResponse } from "./request.ts";
import { createRow, deleteRow, updateRow, writableObject } from "./rows.ts";

const maxRecords = 200;

type Outcome = Readonly<Record<string, unknown>>;

function failure(error: unknown): Outcome {
  if (!(error instanceof SalesforceError)) throw error;
  const [entry] = errorList(error);
  const { errorCode, ...rest } = entry ?? {};
  return { success: false, errors: [{ statusCode: errorCode, fields: [], ...rest }] };
}

const rolledBack: Outcome = {
  success: false,
  errors: [
    {
      statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
      message:
        "Record rolled back because not all records were valid and the request was using " +
        "AllOrNone header",
      fields: [],
    },
  ],
};

/** Thrown to undo what a collection did; carries the answer that tells of it. */
class RolledBack extends Error {
  readonly outcomes: readonly Outcome[];

  constructor(outcomes: readonly Outcome[]) {
    super("rolled back");
    this.outcomes = outcomes;
  }
}

function writeOne(caller: Caller, method: string, record: unknown): Outcome {
  const { attributes, ...body } = objectBody(record);
  const type = (attributes as { type?: unknown } | undefined)?.type;
  if (typeof type !== "string") {
    throw badRequest("INVALID_INPUT", "Each object must contain attributes with a type");
  }
  const object = writableObject(caller, type);
  if (method === "POST") return { id: createRow(caller, object, body), success: true, errors: [] };
  const { Id, id = Id, ...fields } = body;
  if (typeof id !== "string") {
    throw badRequest("MISSING_ARGUMENT", "Id not specified in an update call");
  }
  updateRow(caller, object, id, fields);
  return { id, success: true, errors: [] };
}

function removeOne(caller: Caller, id: string): Outcome {
  const object = caller.organisation.schema().objects.find(({ prefix }) => id.startsWith(prefix));
  if (!object) throw badRequest("MALFORMED_ID", `malformed id ${id}`);
  deleteRow(caller, writableObject(caller, object.name), id);
  return { id, success: true, errors: [] };
}

function together(
  caller: Caller,
  works: readonly (() => Outcome)[],
  allOrNone: boolean,
): readonly Outcome[] {
  const { store } = caller.organisation;
  const run = (): readonly Outcome[] =>
    works.map((work) => {
      try {
        return store.change(work);
      } catch (error) {
        return failure(error);
      }
    });
  try {
    return store.change(() => {
      const outcomes = run();
      if (!allOrNone || outcomes.every(({ success }) => success)) return outcomes;
      throw new RolledBack(outcomes.map((outcome) => (outcome.success ? rolledBack : outcome)));
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.outcomes;
    throw error;
  }
}

function refuseTooMany(count: number): void {
  if (count <= maxRecords) return;
  throw badRequest(
    "EXCEEDED_ID_LIMIT",
    `record limit reached. cannot submit more than ${maxRecords} records into this call`,
  );
}

/** Answers `composite/sobjects`: up to 200 records in one call. Errors: SalesforceError. */
export function answerCollections(
  caller: Caller,
  address: Address,
  request: RestRequest,
  isWithinAllOrNone = false,
): RestResponse {
  if (request.method === "DELETE") {
    const ids = (address.options.get("ids") ?? "").split(",").filter(Boolean);
    refuseTooMany(ids.length);
    const allOrNone = isWithinAllOrNone || address.options.get("allOrNone") === "true";
    const works = ids.map((id) => () => removeOne(caller, id));
    return { status: 200, body: together(caller, works, allOrNone) };
  }
  if (request.method !== "POST" && request.method !== "PATCH") {
    throw new SalesforceError(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed");
  }
  const { allOrNone, records } = objectBody(request.body);
  if (!Array.isArray(records)) throw badRequest("INVALID_INPUT", "Missing value at 'records'");
  refuseTooMany(records.length);
  const works = records.map((record) => () => writeOne(caller, request.method, record));
  return { status: 200, body: together(caller, works, isWithinAllOrNone || allOrNone === true) };
}
