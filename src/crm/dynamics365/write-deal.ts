import { customerStays } from "../adapting/party-rules.ts";
import {
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmStep,
  type CrmWrite,
  type OperationOptions,
} from "../port.ts";
import { sendBatch } from "./batch.ts";
import { moveDeal, wantedStatus } from "./close-deal.ts";
import { accountColumns, dynamicsWords, findOrCreateAccount } from "./find-account.ts";
import {
  accountPrefix,
  currencyField,
  type DataverseRow,
  etagOf,
  fieldsToDeal,
  statusField,
} from "./mapping.ts";
import {
  assembleDeals,
  type DealContext,
  type DealSnapshot,
  dealOptions,
  linkedCalls,
  readDeal,
} from "./read-deals.ts";
import type { WebApiCall } from "./transport.ts";
import { writeChildren } from "./write-children.ts";
import { accountIdOf, type ContactRules, writeContacts } from "./write-contacts.ts";

/** What writing deals needs beside reading them. */
export interface WriteContext extends DealContext {
  /** The id of the active currency with this code. Errors: CrmError `invalid`. */
  currencyId(code: string, options: OperationOptions): Promise<string>;
  readonly accounts: { readonly ambiguity: "refuse" | "oldest"; readonly updates: boolean };
  readonly contacts: ContactRules;
}

/** How far a write has come: what its memo remembers. */
interface Progress {
  readonly dealId?: string;
  readonly accountId?: string;
  /** The deal's version after the last step that is known to be done. */
  readonly version?: string;
}

function readProgress(memo: string | undefined): Progress {
  if (memo === undefined) return {};
  try {
    return JSON.parse(memo) as Progress;
  } catch {
    return {};
  }
}

/** One write under way. */
class DealWriting {
  readonly #context: WriteContext;
  readonly #write: CrmWrite;
  readonly #options: OperationOptions;
  #progress: Progress;
  /** The deal as it is now; undefined where it must be read again. */
  #snapshot: DealSnapshot | undefined;

  constructor(context: WriteContext, write: CrmWrite, options: OperationOptions) {
    this.#context = context;
    this.#write = write;
    this.#options = options;
    this.#progress = write.recordId === undefined ? {} : { dealId: write.recordId };
  }

  async run(): Promise<CrmRecord> {
    const steps = this.#ordered();
    const left = steps.filter((step) => !this.#isFinished(step));
    if (left.length === steps.length) await this.#checkVersion(steps);
    for (const step of left) {
      await this.#perform(step);
      await this.#options.memo?.finish(step.key, JSON.stringify(this.#progress));
    }
    return (await this.#current()).record;
  }

  /** A closed deal is read-only: where it is opened again, that comes first. */
  #ordered(): readonly CrmStep[] {
    const { steps } = this.#write;
    const { table } = this.#context.layout;
    const close = steps.find(({ part }) => part === "close");
    if (!close || wantedStatus(table, close.fields[statusField]).statecode !== 0) return steps;
    return this.#write.recordId === undefined
      ? steps
      : [close, ...steps.filter((step) => step !== close)];
  }

  #isFinished(step: CrmStep): boolean {
    const left = this.#options.memo?.finished(step.key);
    if (left === undefined) return false;
    this.#progress = { ...this.#progress, ...readProgress(left) };
    return true;
  }

  /**
   * Linked rows have no version that Dataverse would check, and a closing begins with a read: so
   * the whole is compared just before the write. The deal's own row is checked by Dataverse.
   */
  async #checkVersion(steps: readonly CrmStep[]): Promise<void> {
    const expected = steps[0]?.expectedVersion;
    if (expected === undefined || this.#progress.dealId === undefined) return;
    this.#progress = { ...this.#progress, version: expected };
    const isOwnOnly = steps.every(({ part }) => part === "record");
    if (isOwnOnly) return;
    const { record } = await this.#current();
    if (record.version === expected) return;
    throw new CrmError("conflict", "the deal or its account, contacts or rows changed meanwhile");
  }

  async #current(): Promise<DealSnapshot> {
    const { dealId } = this.#progress;
    if (this.#snapshot) return this.#snapshot;
    const found =
      dealId === undefined ? undefined : await readDeal(this.#context, dealId, this.#options);
    if (!found) throw new CrmError("not-found", "the deal isn't there any more");
    this.#snapshot = found;
    return found;
  }

  async #perform(step: CrmStep): Promise<void> {
    const { layout } = this.#context;
    switch (step.part) {
      case "account":
        return this.#writeAccount(step.fields);
      case "record":
        return this.#writeOwn(step.fields);
      case "contacts": {
        const value = step.fields.contacts;
        const { contacts } = this.#context;
        await writeContacts(this.#context, await this.#current(), value, contacts, this.#options);
        return this.#changed();
      }
      case "close": {
        await moveDeal(
          this.#context,
          await this.#current(),
          step.fields[statusField],
          this.#options,
        );
        return this.#changed();
      }
      default: {
        const child = layout.children.find(({ field }) => field === step.part);
        if (!child) throw new CrmError("invalid", `there is no part "${step.part}" of a deal`);
        const value = step.fields[child.field];
        await writeChildren(this.#context, await this.#current(), child, value, this.#options);
        return this.#changed();
      }
    }
  }

  /** After a step that may have moved the deal's own version. */
  async #changed(): Promise<void> {
    this.#snapshot = undefined;
    const { record } = await this.#current();
    this.#progress = { ...this.#progress, version: record.version };
  }

  async #writeAccount(fields: CrmFields): Promise<void> {
    const wanted = accountColumns(fields);
    const snapshot = this.#progress.dealId === undefined ? undefined : await this.#current();
    const present = snapshot?.rows.deal.customerid_account as DataverseRow | null | undefined;
    if (present) return this.#changeAccount(present, wanted);
    const { ambiguity } = this.#context.accounts;
    const accountId = await findOrCreateAccount(
      this.#context,
      wanted,
      this.#write.key,
      ambiguity,
      this.#options,
    );
    this.#progress = { ...this.#progress, accountId };
    const hasOwnStep = this.#write.steps.some(({ part }) => part === "record");
    if (snapshot && !hasOwnStep) await this.#writeOwn({});
  }

  async #changeAccount(present: DataverseRow, wanted: CrmFields): Promise<void> {
    const changes = Object.entries(wanted).filter(
      ([column, value]) => (present[column] ?? null) !== value,
    );
    const [first] = changes;
    if (!first) return;
    if (!this.#context.accounts.updates) {
      throw customerStays(dynamicsWords, accountPrefix + first[0]);
    }
    await this.#context.send(
      {
        method: "PATCH",
        target: `accounts(${String(present.accountid)})`,
        headers: { "if-match": String(present["@odata.etag"] ?? "*") },
        body: JSON.stringify(Object.fromEntries(changes)),
      },
      this.#options,
    );
    await this.#changed();
  }

  /** The write to the deal's own row, and in the same request the deal as it is afterwards. */
  async #writeOwn(fields: CrmFields): Promise<void> {
    const body = { ...(await this.#ownBody(fields)), ...this.#accountBinds() };
    const { dealId, version } = this.#progress;
    if (dealId === undefined) return this.#create(body);
    const { layout, rootUrl, send } = this.#context;
    const target = `${layout.table.setName}(${dealId})`;
    const ifMatch = version === undefined ? "*" : etagOf(version);
    const patch: WebApiCall = {
      method: "PATCH",
      target,
      headers: { "if-match": ifMatch },
      body: JSON.stringify(body),
    };
    const read: WebApiCall = { method: "GET", target: `${target}?${dealOptions(layout)}` };
    const [, own, ...linked] = await sendBatch(
      send,
      rootUrl,
      [patch, read, ...linkedCalls(layout, [dealId])],
      this.#options,
    );
    const row = JSON.parse(own?.body ?? "{}") as DataverseRow;
    this.#snapshot = assembleDeals(this.#context, [row], linked)[0];
    const { record } = await this.#current();
    this.#progress = { ...this.#progress, version: record.version };
  }

  #accountBinds(): CrmFields {
    const { accountId } = this.#progress;
    if (accountId === undefined || accountIdOf(this.#snapshot) === accountId) return {};
    const reference = `/accounts(${accountId})`;
    return {
      "customerid_account@odata.bind": reference,
      "parentaccountid@odata.bind": reference,
    };
  }

  async #ownBody(fields: CrmFields): Promise<CrmFields> {
    const code = fields[currencyField];
    const currencyId =
      typeof code === "string"
        ? await this.#context.currencyId(code, this.#options)
        : (code as null | undefined);
    return fieldsToDeal(this.#context.layout.table, fields, currencyId);
  }

  /** Creates the deal under its alternate key; one that is there already is never overwritten. */
  async #create(body: CrmFields): Promise<void> {
    const { keyColumn, layout, send } = this.#context;
    const { [keyColumn]: _key, ...columns } = body;
    const address = `${layout.table.setName}(${keyColumn}='${encodeURIComponent(
      this.#write.key.replaceAll("'", "''"),
    )}')`;
    const response = await send(
      {
        method: "PATCH",
        target: `${address}?$select=${layout.table.idColumn}`,
        headers: { prefer: "return=representation", "if-none-match": "*" },
        body: JSON.stringify({ ...columns, ...this.#firstStatus() }),
        accept: [412],
      },
      this.#options,
    );
    const row =
      response.status === 412
        ? await this.#findByKey(address)
        : (JSON.parse(response.body) as DataverseRow);
    const dealId = String(row[layout.table.idColumn]);
    this.#progress = { ...this.#progress, dealId };
    await this.#changed();
    if (response.status === 412) await this.#refuseOthersValues(body);
  }

  /** A new deal begins in the open state that the write will leave it in. */
  #firstStatus(): CrmFields {
    const close = this.#write.steps.find(({ part }) => part === "close");
    if (!close) return {};
    const { statecode, statuscode } = wantedStatus(
      this.#context.layout.table,
      close.fields[statusField],
    );
    return statecode === 0 ? { statecode, statuscode } : {};
  }

  async #findByKey(address: string): Promise<DataverseRow> {
    const { layout, send } = this.#context;
    const target = `${address}?$select=${layout.table.idColumn}`;
    const response = await send({ method: "GET", target }, this.#options);
    return JSON.parse(response.body) as DataverseRow;
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  async #refuseOthersValues(body: CrmFields): Promise<void> {
    const { record, rows } = await this.#current();
    const differing = Object.entries(body).filter(
      ([name, value]) =>
        !name.includes("@") &&
        name !== this.#context.keyColumn &&
        (rows.deal[name] ?? record.fields[name] ?? null) !== (value === "" ? null : value) &&
        name in record.fields,
    );
    if (differing.length === 0) return;
    throw new CrmError(
      "conflict",
      "a deal with other values is already there under the referral's id",
      { recordId: record.id },
    );
  }
}

/** Carries out a write, step by step, from where an earlier try left it. Errors: CrmError. */
export function writeDeal(
  context: WriteContext,
  write: CrmWrite,
  options: OperationOptions,
): Promise<CrmRecord> {
  return new DealWriting(context, write, options).run();
}
