import { customerName, customerStays, keyIsTaken, oneCustomer } from "../adapting/party-rules.ts";
import { isSameCustomer, plainWords } from "../adapting/same-customer.ts";
import type { CustomerRules } from "../adapting/stepped-adapter.ts";
import {
  dealIsGone,
  type Progress,
  type StepDone,
  type StepWriter,
} from "../adapting/write-in-steps.ts";
import {
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmStep,
  type CrmValue,
  type CrmWrite,
  type OperationOptions,
} from "../port.ts";
import {
  accountPrefix,
  contactColumns,
  contactIdsOf,
  contactsField,
  type DealRows,
  type EspoRow,
  solutionsField,
  versionNumberOf,
} from "./mapping.ts";
import { type DealContext, findByKey, listRows, readRows, recordOf } from "./read-deals.ts";

/** What may be done to accounts. */
export interface AccountRules extends CustomerRules {
  /** True where Espo counts versions of opportunities. */
  readonly isVersioned: boolean;
}

const words = { system: "EspoCRM", one: "account", many: "accounts" };
const mostFound = 50;
/** Espo would refuse a deal that merely resembles another; ours are told apart by their keys. */
const skipDuplicateCheck = { "x-skip-duplicate-check": "true" };

/** One write under way. */
export class DealWriting implements StepWriter {
  readonly #context: DealContext;
  readonly #rules: AccountRules;
  readonly #write: CrmWrite;
  readonly #options: OperationOptions;
  #rows: DealRows | undefined;

  constructor(
    context: DealContext,
    rules: AccountRules,
    write: CrmWrite,
    options: OperationOptions,
  ) {
    this.#context = context;
    this.#rules = rules;
    this.#write = write;
    this.#options = options;
  }

  /**
   * Espo checks the deal's own row, where it counts versions; accounts and people it doesn't, nor
   * a deal that nobody has changed since concurrency control was switched on: that has no number.
   */
  isCheckedByCrm(steps: readonly CrmStep[]): boolean {
    const isCounted = versionNumberOf(steps[0]?.expectedVersion ?? "") !== undefined;
    return this.#rules.isVersioned && isCounted && steps.every(({ part }) => part === "record");
  }

  async read(dealId: string): Promise<CrmRecord | undefined> {
    this.#rows = await readRows(this.#context, dealId, this.#options);
    return this.#rows && recordOf(this.#context, this.#rows);
  }

  async perform(step: CrmStep, progress: Progress): Promise<StepDone> {
    switch (step.part) {
      case "account":
        return this.#writeAccount(step.fields, progress);
      case "record":
        return this.#writeOwn(step.fields, progress);
      case "contacts":
        return this.#writeContacts(step.fields[contactsField], progress);
      default:
        throw new CrmError("invalid", `there is no part "${step.part}" of a deal`);
    }
  }

  async #present(dealId: string): Promise<DealRows> {
    if (!this.#rows) await this.read(dealId);
    if (!this.#rows) throw dealIsGone();
    return this.#rows;
  }

  async #after(dealId: string): Promise<StepDone> {
    const record = await this.read(dealId);
    if (!record) throw dealIsGone();
    return { dealId, version: record.version, record };
  }

  async #post(entity: string, body: CrmFields): Promise<string> {
    const request = { method: "POST", target: entity, body, headers: skipDuplicateCheck } as const;
    const made = await this.#context.send(request, this.#options);
    return String((made as EspoRow).id);
  }

  async #put(entity: string, id: string, body: CrmFields, version?: string): Promise<void> {
    const number = version === undefined ? undefined : versionNumberOf(version);
    const headers = number === undefined ? {} : { "x-version-number": number };
    const target = `${entity}/${encodeURIComponent(id)}`;
    await this.#context.send({ method: "PUT", target, body, headers }, this.#options);
  }

  #values(fields: CrmFields, { accountId }: Progress): CrmFields {
    const { [solutionsField]: solutions, ...own } = fields;
    return {
      ...own,
      ...(solutions === undefined ? {} : { [solutionsField]: JSON.stringify(solutions ?? []) }),
      ...(accountId === undefined ? {} : { accountId }),
    };
  }

  async #writeOwn(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const { dealId, version } = progress;
    if (dealId === undefined) return this.#create(fields, progress);
    const values = this.#values(fields, progress);
    if (Object.keys(values).length > 0) await this.#put("Opportunity", dealId, values, version);
    return this.#after(dealId);
  }

  async #create(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const { key } = this.#write;
    const found = await findByKey(this.#context, key, this.#options);
    if (found !== undefined) return this.#adopt(found, fields);
    const values = { ...this.#values(fields, progress), [this.#context.keyField]: key };
    return this.#after(await this.#post("Opportunity", values));
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  async #adopt(dealId: string, fields: CrmFields): Promise<StepDone> {
    const done = await this.#after(dealId);
    const present = done.record?.fields ?? {};
    const isSame = Object.entries(fields).every(
      ([name, value]) => JSON.stringify(present[name] ?? null) === JSON.stringify(value),
    );
    if (isSame) return done;
    throw keyIsTaken(dealId);
  }

  async #writeAccount(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const wanted = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name.slice(accountPrefix.length), value]),
    );
    const { dealId } = progress;
    const account = dealId === undefined ? undefined : (await this.#present(dealId)).account;
    if (account) return this.#changeAccount(account, wanted, dealId ?? "");
    const accountId = await this.#findOrCreateAccount(wanted);
    const hasOwnStep = this.#write.steps.some(({ part }) => part === "record");
    if (dealId === undefined || hasOwnStep) return { accountId };
    return { accountId, ...(await this.#writeOwn({}, { ...progress, accountId })) };
  }

  async #changeAccount(account: EspoRow, wanted: CrmFields, dealId: string): Promise<StepDone> {
    const changes = Object.fromEntries(
      Object.entries(wanted).filter(([name, value]) => (account[name] ?? null) !== value),
    );
    const [first] = Object.keys(changes);
    if (first === undefined) return {};
    if (!this.#rules.updates) throw customerStays(words, accountPrefix + first);
    await this.#put("Account", String(account.id), changes);
    return this.#after(dealId);
  }

  async #findOrCreateAccount(wanted: CrmFields): Promise<string> {
    const field = `${accountPrefix}name`;
    const name = customerName(wanted.name, field);
    const select = "name,billingAddressPostalCode,billingAddressCountry";
    const query = { select, maxSize: mostFound, orderBy: "createdAt", order: "asc" };
    // On PostgreSQL "equals" tells capitals from small letters.
    const pattern = name.replace(/[\\%_]/g, (each) => `\\${each}`);
    const where = [["like", "name", pattern]] as const;
    const rows = await listRows(this.#context, "Account", where, query, this.#options);
    const customer = (row: CrmFields) => ({
      name: row.name,
      postalCode: row.billingAddressPostalCode,
      country: row.billingAddressCountry,
    });
    const found = rows.filter((row) => isSameCustomer(customer(row), customer(wanted)));
    const first = oneCustomer(found, this.#rules.ambiguity, words, field);
    return first ? String(first.id) : this.#post("Account", wanted);
  }

  /** Finds or creates the people, and gives the deal exactly these. */
  async #writeContacts(value: CrmValue | undefined, progress: Progress): Promise<StepDone> {
    const { dealId = "", version } = progress;
    const rows = await this.#present(dealId);
    const people = Array.isArray(value) ? (value as readonly CrmFields[]) : [];
    const ids: string[] = [];
    for (const person of people) ids.push(await this.#personId(person, rows));
    if (JSON.stringify([...ids].sort()) !== JSON.stringify(contactIdsOf(rows.deal))) {
      await this.#put("Opportunity", dealId, { contactsIds: ids }, version);
    }
    return this.#after(dealId);
  }

  async #personId(person: CrmFields, { contacts, deal }: DealRows): Promise<string> {
    const email = plainWords(person.emailAddress);
    const isSame = (row: EspoRow): boolean => plainWords(row.emailAddress) === email;
    const found = contacts.find(isSame) ?? (email === "" ? undefined : await this.#byEmail(email));
    if (!found) {
      const account = typeof deal.accountId === "string" ? { accountId: deal.accountId } : {};
      return this.#post("Contact", { ...person, ...account });
    }
    const changes = Object.fromEntries(
      contactColumns.flatMap((name) => {
        const value = person[name];
        if (value === undefined || name === "emailAddress") return [];
        return (found[name] ?? null) === value ? [] : [[name, value]];
      }),
    );
    const id = String(found.id);
    if (Object.keys(changes).length > 0) await this.#put("Contact", id, changes);
    return id;
  }

  async #byEmail(email: string): Promise<EspoRow | undefined> {
    const query = {
      select: contactColumns.join(","),
      maxSize: 2,
      orderBy: "createdAt",
      order: "asc",
    };
    const where = [["equals", "emailAddress", email]] as const;
    return (await listRows(this.#context, "Contact", where, query, this.#options))[0];
  }
}
