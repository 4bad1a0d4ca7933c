import { customerName, customerStays, keyIsTaken, oneCustomer } from "../adapting/party-rules.ts";
import { isSameCustomer } from "../adapting/same-customer.ts";
import type { CustomerRules } from "../adapting/stepped-adapter.ts";
import { dealIsGone, type Progress, type StepWriter } from "../adapting/write-in-steps.ts";
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
  accountFields,
  accountPrefix,
  currencyField,
  customerIds,
  fieldsToRow,
  listCommands,
  listIds,
  lists,
  stateField,
  type TrytonRow,
  timestampOf,
} from "./mapping.ts";
import { type DealContext, readRow, recordOf } from "./read-deals.ts";
import type { Wire } from "./wire-values.ts";

const model = "sale.opportunity";
const words = { system: "Tryton", one: "party", many: "parties" };

/** The methods that bring a deal to a state; Tryton lets nobody write the state itself. */
const moves: Readonly<Record<string, string>> = {
  lead: "lead",
  opportunity: "opportunity",
  converted: "convert",
  won: "partner_won",
  lost: "lost",
  cancelled: "cancel",
};

/** One write under way. */
export class DealWriting implements StepWriter {
  readonly #context: DealContext;
  readonly #rules: CustomerRules;
  readonly #write: CrmWrite;
  readonly #options: OperationOptions;
  #row: TrytonRow | undefined;

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

  /** Tryton checks the deal's own row; rows linked to it have to be compared. */
  isCheckedByCrm(steps: readonly CrmStep[]): boolean {
    return steps.every(
      ({ fields, part }) =>
        part === "record" && Object.keys(fields).every((name) => !(name in lists)),
    );
  }

  async read(dealId: string): Promise<CrmRecord | undefined> {
    this.#row = await readRow(this.#context, ["id", "=", Number(dealId)], this.#options);
    return this.#row && recordOf(this.#context, this.#row);
  }

  async perform(step: CrmStep, progress: Progress): Promise<Progress & { record?: CrmRecord }> {
    switch (step.part) {
      case "account":
        return this.#writeAccount(step.fields, progress);
      case "record":
        return this.#writeOwn(step.fields, progress);
      case "close":
        return this.#move(step.fields[stateField], progress);
      default:
        throw new CrmError("invalid", `there is no part "${step.part}" of a deal`);
    }
  }

  async #present(dealId: string): Promise<TrytonRow> {
    if (!this.#row) await this.read(dealId);
    if (!this.#row) throw dealIsGone();
    return this.#row;
  }

  /** The context in which Tryton refuses a write to a deal that changed since. */
  #guard({ dealId, version }: Progress): Readonly<Record<string, Wire>> {
    if (dealId === undefined || version === undefined) return {};
    return { _timestamp: { [`${model},${dealId}`]: timestampOf(version) } };
  }

  async #after(dealId: string): Promise<Progress & { record: CrmRecord }> {
    const record = await this.read(dealId);
    if (!record) throw dealIsGone();
    return { dealId, version: record.version, record };
  }

  async #writeOwn(
    fields: CrmFields,
    progress: Progress,
  ): Promise<Progress & { record: CrmRecord }> {
    const { call } = this.#context;
    await this.#assertCurrency(fields);
    const types = await this.#context.types(this.#options);
    const values: Record<string, Wire> = { ...fieldsToRow(fields, types), ...links(progress) };
    const { dealId } = progress;
    const named = Object.keys(fields).filter((name) => name in lists);
    if (dealId === undefined) return this.#create(fields, values, named);
    const row = named.length > 0 ? await this.#present(dealId) : undefined;
    for (const name of named) {
      values[name] = listCommands(name, fields[name], row ? listIds(row, name) : new Map());
    }
    if (Object.keys(values).length > 0) {
      const id = Number(dealId);
      await call(`${model}.write`, [[id], values], this.#options, this.#guard(progress));
    }
    return this.#after(dealId);
  }

  async #create(
    fields: CrmFields,
    values: Record<string, Wire>,
    named: readonly string[],
  ): Promise<Progress & { record: CrmRecord }> {
    const { call, keyField } = this.#context;
    const found = await readRow(this.#context, [keyField, "=", this.#write.key], this.#options);
    if (found) return this.#adopt(found, fields);
    for (const name of named) values[name] = listCommands(name, fields[name], new Map());
    const row = { ...values, [keyField]: this.#write.key };
    try {
      const made = await call(`${model}.create`, [[row]], this.#options);
      return await this.#after(String((made as readonly Wire[])[0]));
    } catch (error) {
      if (!(error instanceof CrmError && error.code === "invalid")) throw error;
      // Another try may have made it meanwhile: the database takes the key once, and says so in the
      // user's language.
      const met = await readRow(this.#context, [keyField, "=", this.#write.key], this.#options);
      if (!met) throw error;
      return this.#adopt(met, fields);
    }
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  #adopt(row: TrytonRow, fields: CrmFields): Progress & { record: CrmRecord } {
    this.#row = row;
    const record = recordOf(this.#context, row);
    const isSame = Object.entries(fields).every(
      ([name, value]) =>
        JSON.stringify(record.fields[name] ?? null) === JSON.stringify(value) || name in lists,
    );
    if (isSame) return { dealId: record.id, version: record.version, record };
    throw keyIsTaken(record.id);
  }

  async #assertCurrency(fields: CrmFields): Promise<void> {
    const wanted = fields[currencyField];
    if (wanted === undefined || wanted === null) return;
    const code = await this.#context.currency(this.#options);
    if (wanted === code) return;
    throw new CrmError(
      "invalid",
      `the company keeps its amounts in ${code}; a deal of another currency can't be kept`,
      { field: currencyField },
    );
  }

  async #move(
    wanted: CrmValue | undefined,
    progress: Progress,
  ): Promise<Progress & { record: CrmRecord }> {
    const method = moves[String(wanted)];
    if (method === undefined) {
      const states = Object.keys(moves).join(", ");
      throw new CrmError("invalid", `"${String(wanted)}" is no state; use one of ${states}`, {
        field: stateField,
      });
    }
    const { dealId = "" } = progress;
    const row = await this.#present(dealId);
    if (row[stateField] === wanted) {
      return { dealId, record: recordOf(this.#context, row) };
    }
    const guard = this.#guard(progress);
    await this.#context.call(`${model}.${method}`, [[Number(dealId)]], this.#options, guard);
    const after = await this.#after(dealId);
    // A transition that isn't allowed is passed over in silence.
    if (after.record.fields[stateField] === wanted) return after;
    throw new CrmError(
      "invalid",
      `Tryton allows no way from ${String(row[stateField])} to ${String(wanted)}`,
      { field: stateField },
    );
  }

  async #writeAccount(fields: CrmFields, progress: Progress): Promise<Progress> {
    const wanted = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name.slice(accountPrefix.length), value]),
    );
    const { dealId } = progress;
    const row = dealId === undefined ? undefined : await this.#present(dealId);
    const { address, party } = row ? customerIds(row) : {};
    if (row && party !== undefined) return this.#changeAccount(row, wanted, { address, party });
    const found = await this.#findOrCreate(wanted);
    const accountId = `${found.party}/${found.address ?? ""}`;
    const hasOwnStep = this.#write.steps.some(({ part }) => part === "record");
    if (dealId === undefined || hasOwnStep) return { accountId };
    return { accountId, ...(await this.#writeOwn({}, { ...progress, accountId })) };
  }

  async #changeAccount(
    row: TrytonRow,
    wanted: CrmFields,
    ids: { readonly party: number; readonly address: number | undefined },
  ): Promise<Progress> {
    const { fields } = recordOf(this.#context, row);
    const changes = Object.entries(wanted).filter(
      ([name, value]) => (fields[accountPrefix + name] ?? null) !== value,
    );
    const [first] = changes;
    if (!first) return {};
    if (!this.#rules.updates) throw customerStays(words, accountPrefix + first[0]);
    for (const side of ["party", "address"] as const) {
      const mine = Object.fromEntries(changes.filter(([name]) => accountFields[name]?.of === side));
      if (Object.keys(mine).length === 0) continue;
      const values = await this.#customerValues(mine, side);
      const id = ids[side];
      if (id !== undefined) {
        await this.#context.call(`party.${side}.write`, [[id], values], this.#options);
        continue;
      }
      const created = { ...(values as Record<string, Wire>), party: ids.party };
      const made = await this.#context.call("party.address.create", [[created]], this.#options);
      const address = (made as readonly Wire[])[0] ?? null;
      const deal = [[Number(row.id)], { address }] as const;
      await this.#context.call(`${model}.write`, deal, this.#options);
    }
    const { version } = await this.#after(String(row.id));
    return version === undefined ? {} : { version };
  }

  async #customerValues(fields: CrmFields, of: "party" | "address"): Promise<Wire> {
    const values: Record<string, Wire> = {};
    for (const [name, value] of Object.entries(fields)) {
      const place = accountFields[name];
      if (place?.of !== of) continue;
      values[place.name] =
        name === "country" && value !== null ? await this.#countryId(value) : value;
    }
    return values;
  }

  async #countryId(code: CrmValue): Promise<Wire> {
    const domain = [["code", "=", String(code)]];
    const found = await this.#context.call(
      "country.country.search",
      [domain, 0, 1, null],
      this.#options,
    );
    const [id] = found as readonly Wire[];
    if (id !== undefined) return id;
    throw new CrmError(
      "invalid",
      `Tryton knows no country ${String(code)}; import its countries (trytond_import_countries)`,
      { field: `${accountPrefix}country` },
    );
  }

  async #findOrCreate(
    wanted: CrmFields,
  ): Promise<{ readonly party: number; readonly address?: number }> {
    const field = `${accountPrefix}name`;
    const name = customerName(wanted.name, field);
    const pattern = name.replace(/[\\%_]/g, (each) => `\\${each}`);
    const read = ["name", "addresses.postal_code", "addresses.country.code"];
    const rows = (await this.#context.call(
      "party.party.search_read",
      [[["name", "ilike", pattern]], 0, null, [["id", "ASC"]], read],
      this.#options,
    )) as readonly TrytonRow[];
    const found = rows.flatMap((row) => {
      const addresses = row["addresses."] as readonly TrytonRow[];
      const same = addresses.find((address) => {
        const country = (address["country."] as TrytonRow | null)?.code as CrmValue;
        const other = { name: row.name as CrmValue, postalCode: address.postal_code as CrmValue };
        const mine = { name, postalCode: wanted.postal_code, country: wanted.country };
        return isSameCustomer({ ...other, country }, mine);
      });
      return same ? [{ party: Number(row.id), address: Number(same.id) }] : [];
    });
    const first = oneCustomer(found, this.#rules.ambiguity, words, field);
    if (first) return first;
    const address = (await this.#customerValues(wanted, "address")) as Record<string, Wire>;
    const party = { name, addresses: [["create", [address]]] };
    const made = await this.#context.call("party.party.create", [[party]], this.#options);
    const id = Number((made as readonly Wire[])[0]);
    const [addressId] = (await this.#context.call(
      "party.address.search",
      [[["party", "=", id]], 0, 1, null],
      this.#options,
    )) as readonly number[];
    return { party: id, ...(addressId === undefined ? {} : { address: addressId }) };
  }
}

/** The values that lead from a deal to its customer. */
function links({ accountId }: Progress): Readonly<Record<string, Wire>> {
  if (accountId === undefined) return {};
  const [party = "", address = ""] = accountId.split("/");
  return { party: Number(party), ...(address === "" ? {} : { address: Number(address) }) };
}
