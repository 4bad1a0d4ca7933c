import type { Ambiguity } from "../adapting/party-rules.ts";
import {
  dealIsGone,
  type Progress,
  type StepDone,
  type StepWriter,
  writeInSteps,
} from "../adapting/write-in-steps.ts";
import {
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmRecordVersion,
  type CrmStep,
  type CrmWrite,
  type OperationOptions,
} from "../port.ts";
import type { CompanySearch } from "./find-companies.ts";
import {
  contactsField,
  type DealObjects,
  type HubSpotObject,
  sameValue,
  statusField,
  toText,
} from "./mapping.ts";
import { type DealContext, type DealSnapshot, readDeal, snapshotOf } from "./read-deals.ts";
import { listToText } from "./text-lists.ts";
import {
  type ContactRules,
  changeCompany,
  companyValues,
  findOrCreateCompany,
  writeContacts,
} from "./write-parties.ts";

/** What writing deals needs beside reading them. */
export interface WriteContext extends DealContext {
  readonly companies: { readonly ambiguity: Ambiguity; readonly updates: boolean };
  readonly contacts: ContactRules;
  readonly search: CompanySearch;
}

/** HubSpot's number for the link from a deal to its company. */
const dealToCompany = 341;

/** One write under way. */
class DealWriter implements StepWriter {
  readonly #context: WriteContext;
  readonly #write: CrmWrite;
  readonly #options: OperationOptions;
  /** The deal as it is now; undefined where it must be read again. */
  #snapshot: DealSnapshot | undefined;
  /** The deal that this very write has made, before anybody could link people to it. */
  #made: DealObjects | undefined;

  constructor(context: WriteContext, write: CrmWrite, options: OperationOptions) {
    this.#context = context;
    this.#write = write;
    this.#options = options;
  }

  async read(dealId: string): Promise<CrmRecord | undefined> {
    // Where only the deal's own properties are written, a change of others can't be overwritten.
    const isOwnOnly = this.#write.steps.every(({ part }) => part === "record");
    const expected = this.#write.steps[0]?.expectedVersion;
    const linkedIn =
      isOwnOnly && expected !== undefined && this.#snapshot === undefined
        ? this.#context.snapshots.find(dealId, expected)
        : undefined;
    const choice = linkedIn ? { linkedIn } : {};
    this.#snapshot = await readDeal(this.#context, dealId, this.#options, choice);
    return this.#snapshot?.record;
  }

  async #current(dealId: string): Promise<DealSnapshot> {
    if (!this.#snapshot) await this.read(dealId);
    if (this.#snapshot) return this.#snapshot;
    throw dealIsGone();
  }

  async perform(step: CrmStep, progress: Progress): Promise<StepDone> {
    switch (step.part) {
      case "account":
        return this.#writeCompany(step.fields, progress);
      case "record":
        return progress.dealId === undefined
          ? this.#create(step.fields, progress)
          : this.#change(progress.dealId, step.fields, progress);
      case "contacts": {
        const objects = this.#made ?? (await this.#current(progress.dealId ?? "")).objects;
        const { contacts, send } = this.#context;
        await writeContacts(send, objects, step.fields[contactsField], contacts, this.#options);
        return this.#after(objects.deal.id, progress);
      }
      default:
        throw new CrmError("invalid", `there is no part "${step.part}" of a deal`);
    }
  }

  /** After a step whose outcome is known only by reading. */
  async #after(dealId: string, progress: Progress): Promise<StepDone> {
    this.#snapshot = undefined;
    const { record } = await this.#current(dealId);
    return { ...progress, version: record.version, record };
  }

  async #writeCompany(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const { companies, send } = this.#context;
    const wanted = companyValues(fields);
    const { dealId } = progress;
    const present =
      dealId === undefined ? undefined : (await this.#current(dealId)).objects.company;
    if (present && dealId !== undefined) {
      await changeCompany(send, present, wanted, companies.updates, this.#options);
      return this.#after(dealId, progress);
    }
    const { ambiguity } = companies;
    const accountId = await findOrCreateCompany(this.#context, wanted, ambiguity, this.#options);
    if (dealId === undefined) return { ...progress, accountId };
    await this.#link(dealId, accountId);
    return this.#after(dealId, { ...progress, accountId });
  }

  async #link(dealId: string, companyId: string): Promise<void> {
    const target = "crm/v4/associations/deals/companies/batch/associate/default";
    const body = { inputs: [{ from: { id: dealId }, to: { id: companyId } }] };
    await this.#context.send({ method: "POST", target, body }, this.#options);
  }

  /** The texts that a deal's own fields are written as. */
  async #properties(
    fields: CrmFields,
    pipelineId: string | undefined,
  ): Promise<Record<string, string>> {
    const { book, layout } = this.#context;
    const texts: Record<string, string> = {};
    for (const [name, value] of Object.entries(fields)) {
      const list = layout.lists.find(({ field }) => field === name);
      if (list) texts[list.property] = listToText(list, value) ?? "";
      else if (name === statusField) {
        const stage = await book.stageOf(value, pipelineId, this.#options);
        Object.assign(texts, { pipeline: stage.pipelineId, dealstage: stage.id });
      } else texts[name] = toText(value);
    }
    return texts;
  }

  readonly #nameField = (property: string): string => {
    if (property === "dealstage" || property === "pipeline") return statusField;
    const list = this.#context.layout.lists.find((each) => each.property === property);
    return list?.field ?? property;
  };

  async #create(fields: CrmFields, progress: Progress): Promise<StepDone> {
    const { book, keyProperty, send } = this.#context;
    const properties = await this.#properties(fields, undefined);
    if (!(statusField in fields)) {
      const stage = await book.first(this.#options);
      Object.assign(properties, { pipeline: stage.pipelineId, dealstage: stage.id });
    }
    const { accountId } = progress;
    const types = [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: dealToCompany }];
    const associations =
      accountId === undefined ? {} : { associations: [{ to: { id: accountId }, types }] };
    const call = {
      method: "POST" as const,
      target: "crm/v3/objects/deals",
      body: { properties: { ...properties, [keyProperty]: this.#write.key }, ...associations },
      nameField: this.#nameField,
    };
    try {
      const response = await send(call, this.#options);
      const deal = JSON.parse(response.body) as HubSpotObject;
      // It has no people yet; what else it shows is read after the last step.
      this.#made = { deal, company: undefined, contacts: [] };
      return { ...progress, dealId: deal.id };
    } catch (error) {
      const isTaken =
        error instanceof CrmError &&
        (error.code === "conflict" || (error.code === "invalid" && error.field === keyProperty));
      if (!isTaken) throw error;
      return this.#takeOver(fields, progress, error);
    }
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  async #takeOver(fields: CrmFields, progress: Progress, refusal: CrmError): Promise<StepDone> {
    const { keyProperty } = this.#context;
    const choice = { idProperty: keyProperty };
    const found = await readDeal(this.#context, this.#write.key, this.#options, choice);
    if (!found) throw refusal;
    this.#snapshot = found;
    const { objects, record } = found;
    const differs = Object.entries(fields).some(
      ([name, value]) => name in record.fields && !this.#isSame(name, record, value),
    );
    if (differs) {
      throw new CrmError(
        "conflict",
        "a deal with other values is already there under the referral's id",
        { recordId: record.id },
      );
    }
    const { accountId } = progress;
    const done = { ...progress, dealId: record.id };
    if (accountId === undefined || objects.company) {
      return { ...done, version: record.version, record };
    }
    await this.#link(record.id, accountId);
    return this.#after(record.id, done);
  }

  #isSame(name: string, record: CrmRecord, value: CrmFields[string]): boolean {
    const list = this.#context.layout.lists.find(({ field }) => field === name);
    const present = record.fields[name];
    return list ? listToText(list, present) === listToText(list, value) : sameValue(present, value);
  }

  async #change(dealId: string, fields: CrmFields, progress: Progress): Promise<StepDone> {
    const before = this.#snapshot;
    const pipelineId = before?.objects.deal.properties.pipeline ?? undefined;
    const properties = await this.#properties(fields, pipelineId);
    const response = await this.#context.send(
      {
        method: "PATCH",
        target: `crm/v3/objects/deals/${dealId}`,
        body: { properties },
        nameField: this.#nameField,
      },
      this.#options,
    );
    if (!before) return this.#after(dealId, progress);
    // The answer shows what was stored; the rest is as it was just before.
    const written = JSON.parse(response.body) as HubSpotObject;
    const deal = {
      ...before.objects.deal,
      ...written,
      properties: { ...before.objects.deal.properties, ...written.properties },
    };
    const objects = { ...before.objects, deal };
    this.#snapshot = await snapshotOf(this.#context, objects, this.#options);
    const { record } = this.#snapshot;
    return { ...progress, version: record.version, record };
  }
}

/** Carries out a write, step by step, from where an earlier try left it. Errors: CrmError. */
export function writeDeal(
  context: WriteContext,
  write: CrmWrite,
  options: OperationOptions,
): Promise<CrmRecordVersion> {
  return writeInSteps(new DealWriter(context, write, options), write, options);
}
