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
import { createOnce } from "./create-once.ts";
import {
  accountPrefix,
  contactColumns,
  contactsField,
  currencyField,
  type DealRows,
  idOf,
  idsOf,
  joinNames,
  partnerColumns,
  rowToAccount,
  rowToContact,
  solutionsField,
  statusField,
  toColumn,
} from "./mapping.ts";
import { allDeals, type DealContext, readRows, recordOf } from "./read-deals.ts";
import type { OdooRow, OdooValue } from "./transport.ts";

const words = { system: "Odoo", one: "company", many: "companies" };

function entriesOf(value: CrmValue | undefined): readonly CrmFields[] {
  return Array.isArray(value) ? (value as readonly CrmFields[]) : [];
}

/** Whether a deal shows these values. */
function isSame(record: CrmRecord, fields: CrmFields): boolean {
  return Object.entries(fields).every(
    ([name, value]) => JSON.stringify(record.fields[name] ?? null) === JSON.stringify(value),
  );
}

/** One write under way. */
export class DealWriting implements StepWriter {
  readonly #context: DealContext;
  readonly #rules: CustomerRules;
  readonly #write: CrmWrite;
  readonly #options: OperationOptions;
  #rows: DealRows | undefined;

  constructor(
    context: DealContext,
    rules: CustomerRules,
    write: CrmWrite,
    options: OperationOptions,
  ) {
    this.#context = context;
    this.#rules = rules;
    this.#write = write;
    this.#options = options;
  }

  async read(dealId: string): Promise<CrmRecord | undefined> {
    this.#rows = await readRows(this.#context, ["id", "=", Number(dealId)], this.#options);
    return this.#rows && recordOf(this.#context, this.#rows, this.#options);
  }

  async perform(step: CrmStep, progress: Progress): Promise<StepDone> {
    switch (step.part) {
      case "account":
        return this.#writeAccount(step.fields, progress);
      case "record":
        return this.#writeOwn(step.fields, progress);
      case "contacts":
        return this.#writeContacts(step.fields[contactsField], progress);
      case "close":
        return this.#move(step.fields[statusField], progress);
      default:
        throw new CrmError("invalid", `there is no part "${step.part}" of a deal`);
    }
  }

  #call(model: string, method: string, ...args: OdooValue[]): Promise<OdooValue> {
    return this.#context.call(model, method, args, this.#options, { context: allDeals });
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

  async #values(fields: CrmFields, progress: Progress): Promise<Record<string, OdooValue>> {
    const { types } = await this.#context.facts(this.#options);
    const values: Record<string, OdooValue> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (name === currencyField || name === statusField) continue;
      values[name] =
        name === solutionsField ? JSON.stringify(value ?? []) : toColumn(value, types[name]?.type);
    }
    if (progress.accountId !== undefined) values.partner_id = Number(progress.accountId);
    return values;
  }

  async #writeOwn(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const { dealId } = progress;
    if (dealId === undefined) return this.#create(fields, progress);
    const values = await this.#values(fields, progress);
    if (Object.keys(values).length > 0) {
      await this.#call("crm.lead", "write", [Number(dealId)], values);
    }
    const done = await this.#after(dealId);
    this.#assertCurrency(fields, done.record);
    return done;
  }

  async #create(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const { call, keyField } = this.#context;
    const found = await readRows(this.#context, [keyField, "=", this.#write.key], this.#options);
    if (found) return this.#adopt(found, fields);
    await this.#assertCompanyCurrency(fields);
    const values = await this.#values(fields, progress);
    const row = { type: "opportunity", ...values, [keyField]: this.#write.key };
    const stage = await this.#firstStage();
    const { types } = await this.#context.facts(this.#options);
    const { key } = this.#write;
    const id = await createOnce(call, key, { ...row, ...stage }, types, this.#options);
    const done = await this.#after(String(id));
    if (this.#rows?.deal[keyField] !== key) {
      const recordId = String(id);
      throw new CrmError("conflict", "the referral's deal is there without its id", { recordId });
    }
    // An earlier try may have landed just now, with values that are old: then ours are still to be
    // written. Where Odoo merely keeps a value in another form, the same is written again.
    return done.record && isSame(done.record, fields)
      ? done
      : this.#writeOwn(fields, { ...progress, dealId: String(id) });
  }

  /** A new deal begins in the open stage that the write will leave it in. */
  async #firstStage(): Promise<Readonly<Record<string, OdooValue>>> {
    const close = this.#write.steps.find(({ part }) => part === "close");
    const id = close ? await this.#stageId(close.fields[statusField]) : undefined;
    return id === undefined ? {} : { stage_id: id };
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  async #adopt(rows: DealRows, fields: CrmFields): Promise<StepDone> {
    this.#rows = rows;
    const record = await recordOf(this.#context, rows, this.#options);
    if (isSame(record, fields)) return { dealId: record.id, version: record.version, record };
    throw keyIsTaken(record.id);
  }

  async #assertCompanyCurrency(fields: CrmFields): Promise<void> {
    if (typeof fields[currencyField] !== "string") return;
    const asked = await this.#call("res.users", "search_read", [], ["company_id"]);
    const company = idOf((asked as readonly OdooRow[])[0]?.company_id);
    const rows = await this.#call("res.company", "read", [company ?? 0], ["currency_id"]);
    const currency = (rows as readonly OdooRow[])[0]?.currency_id;
    const code = Array.isArray(currency) ? currency[1] : undefined;
    if (code !== fields[currencyField]) this.#refuseCurrency(String(code));
  }

  #assertCurrency(fields: CrmFields, record: CrmRecord | undefined): void {
    const wanted = fields[currencyField];
    const present = record?.fields[currencyField];
    if (typeof wanted === "string" && wanted !== present) this.#refuseCurrency(String(present));
  }

  #refuseCurrency(code: string): never {
    throw new CrmError(
      "invalid",
      `the company keeps its amounts in ${code}; a deal of another currency can't be kept`,
      { field: currencyField },
    );
  }

  /** The stage that an open status names; undefined where it is none of them. */
  async #stageId(value: CrmValue | undefined): Promise<number | undefined> {
    const { stages } = await this.#context.facts(this.#options);
    if (value === "waiting") return stages.find(({ isWaiting }) => isWaiting)?.id;
    if (value === "open") return stages.find(({ isWaiting, isWon }) => !isWaiting && !isWon)?.id;
    const id = Number(/^open\/(\d+)$/.exec(String(value))?.[1]);
    return stages.find((stage) => stage.id === id && !stage.isWon)?.id;
  }

  async #move(value: CrmValue | undefined, progress: Progress): Promise<StepDone> {
    const { dealId = "" } = progress;
    const rows = await this.#present(dealId);
    const present = await recordOf(this.#context, rows, this.#options);
    const status = present.fields[statusField];
    if (status === value) return { dealId, record: present };
    const ids = [Number(dealId)];
    const stageId = await this.#stageId(value);
    const isArchived = rows.deal.active === false;
    if (value !== "won" && value !== "lost" && stageId === undefined) {
      throw new CrmError(
        "invalid",
        `"${String(value)}" is no stage here; use waiting, open, open/<id>, won or lost`,
        { field: statusField },
      );
    }
    if (value === "lost") await this.#call("crm.lead", "action_set_lost", ids);
    else {
      if (isArchived) await this.#call("crm.lead", "toggle_active", ids);
      if (value === "won") await this.#call("crm.lead", "action_set_won", ids);
      else await this.#call("crm.lead", "write", ids, { stage_id: stageId ?? false });
    }
    return this.#after(dealId);
  }

  async #writeAccount(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const wanted = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name.slice(accountPrefix.length), value]),
    );
    const { dealId } = progress;
    const rows = dealId === undefined ? undefined : await this.#present(dealId);
    const partner = rows?.partners.get(idOf(rows.deal.partner_id) ?? 0);
    if (partner) return this.#changeAccount(partner, wanted, dealId ?? "");
    const accountId = String(await this.#findOrCreateAccount(wanted));
    const hasOwnStep = this.#write.steps.some(({ part }) => part === "record");
    if (dealId === undefined || hasOwnStep) return { accountId };
    return { accountId, ...(await this.#writeOwn({}, { ...progress, accountId })) };
  }

  async #changeAccount(partner: OdooRow, wanted: CrmFields, dealId: string): Promise<StepDone> {
    const present = rowToAccount(partner, await this.#context.facts(this.#options));
    const changes = Object.fromEntries(
      Object.entries(wanted).filter(([name, value]) => (present[name] ?? null) !== value),
    );
    const [first] = Object.keys(changes);
    if (first === undefined) return {};
    if (!this.#rules.updates) throw customerStays(words, accountPrefix + first);
    await this.#call("res.partner", "write", [partner.id ?? 0], await this.#partnerValues(changes));
    return this.#after(dealId);
  }

  async #partnerValues(fields: CrmFields): Promise<Record<string, OdooValue>> {
    const { country, ...plain } = fields;
    const values: Record<string, OdooValue> = Object.fromEntries(
      Object.entries(plain).map(([name, value]) => [name, value ?? false]),
    );
    if (country === undefined) return values;
    const { countries } = await this.#context.facts(this.#options);
    const id = [...countries].find(([, code]) => code === country)?.[0];
    if (country !== null && id === undefined) {
      throw new CrmError("invalid", `Odoo knows no country ${String(country)}`, {
        field: `${accountPrefix}country`,
      });
    }
    return { ...values, country_id: id ?? false };
  }

  async #findOrCreateAccount(wanted: CrmFields): Promise<number> {
    const field = `${accountPrefix}name`;
    const name = customerName(wanted.name, field);
    const pattern = name.replace(/[\\%_]/g, (each) => `\\${each}`);
    const domain = [
      ["name", "=ilike", pattern],
      ["is_company", "=", true],
    ];
    const rows = await this.#call("res.partner", "search_read", domain, [...partnerColumns]);
    const facts = await this.#context.facts(this.#options);
    const customer = (fields: CrmFields) => ({
      name: fields.name,
      postalCode: fields.zip,
      country: fields.country,
    });
    const found = (rows as readonly OdooRow[])
      .filter((row) => isSameCustomer(customer(rowToAccount(row, facts)), customer(wanted)))
      .sort((left, right) => Number(left.id) - Number(right.id));
    const first = oneCustomer(found, this.#rules.ambiguity, words, field);
    if (first) return Number(first.id);
    const values = { ...(await this.#partnerValues(wanted)), is_company: true };
    const made = await this.#call("res.partner", "create", values);
    return Number(Array.isArray(made) ? made[0] : made);
  }

  /** Finds or creates the people, and gives the deal exactly these. */
  async #writeContacts(value: CrmValue | undefined, progress: Progress): Promise<StepDone> {
    const { dealId = "" } = progress;
    const rows = await this.#present(dealId);
    const company = idOf(rows.deal.partner_id);
    const people = entriesOf(value);
    const known = await this.#partnersOf(people, rows);
    const ids: number[] = [];
    for (const person of people) ids.push(await this.#personId(person, known, company));
    const present = [...idsOf(rows.deal[contactsField])].sort();
    if (JSON.stringify([...ids].sort()) !== JSON.stringify(present)) {
      const values = { [contactsField]: [[6, 0, ids]] };
      await this.#call("crm.lead", "write", [Number(dealId)], values);
    }
    return this.#after(dealId);
  }

  async #partnersOf(people: readonly CrmFields[], rows: DealRows): Promise<readonly OdooRow[]> {
    const own = idsOf(rows.deal[contactsField]).flatMap((id): readonly OdooRow[] => {
      const row = rows.partners.get(id);
      return row ? [row] : [];
    });
    const emails = people.map((person) => plainWords(person.email)).filter(Boolean);
    if (emails.length === 0) return own;
    const conditions = emails.map((email): OdooValue => {
      return ["email", "=ilike", email.replace(/[\\%_]/g, (each) => `\\${each}`)];
    });
    const domain = [...conditions.slice(1).map(() => "|"), ...conditions];
    const found = await this.#call("res.partner", "search_read", domain, [...partnerColumns]);
    return [...own, ...(found as readonly OdooRow[])];
  }

  async #personId(
    person: CrmFields,
    known: readonly OdooRow[],
    company: number | undefined,
  ): Promise<number> {
    const found = known.find((row) => plainWords(row.email) === plainWords(person.email));
    const named = {
      ...(person.email === undefined ? {} : { email: person.email ?? false }),
      ...(person.phone === undefined ? {} : { phone: person.phone ?? false }),
    };
    const both = { ...(found ? rowToContact(found) : {}), ...person };
    const name = joinNames(both.first_name, both.last_name);
    const names = {
      name: name || String(person.email ?? ""),
      x_partner_first_name: both.first_name || false,
      x_partner_last_name: both.last_name || false,
    };
    if (!found) {
      const parent = company === undefined ? {} : { parent_id: company };
      const made = await this.#call("res.partner", "create", { ...named, ...names, ...parent });
      return Number(Array.isArray(made) ? made[0] : made);
    }
    const before = rowToContact(found);
    const isSame = contactColumns.every((column) =>
      column === "email"
        ? plainWords(before.email) === plainWords(both.email)
        : (before[column] ?? null) === (both[column] ?? null),
    );
    if (!isSame) await this.#call("res.partner", "write", [found.id ?? 0], { ...named, ...names });
    return Number(found.id);
  }
}
