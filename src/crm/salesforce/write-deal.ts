import { type Ambiguity, customerStays } from "../adapting/party-rules.ts";
import {
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmStep,
  type CrmWrite,
  type OperationOptions,
} from "../port.ts";
import { CompositeRefusal, querySubrequest, type Subrequest, sendComposite } from "./composite.ts";
import { chooseAccount, type FoundParties, findParties, salesforceWords } from "./find-parties.ts";
import {
  accountOf,
  accountPrefix,
  closeDateField,
  contactsField,
  currencyField,
  isoOf,
  ownCloseDateField,
  type SalesforceRow,
  sameValue,
  stampInVersion,
  statusField,
} from "./mapping.ts";
import {
  type ContactRules,
  type LinkedTarget,
  planChildren,
  planContacts,
  unknownEmails,
} from "./plan-linked.ts";
import {
  type DealContext,
  type DealSnapshot,
  readDeal,
  runQuery,
  snapshotsOf,
} from "./read-deals.ts";
import { collectionRequests, isNothing, noWrites, type RecordWrites } from "./record-writes.ts";
import { quoted, selectDeals } from "./soql.ts";
import type { StageBook } from "./stages.ts";

/** What writing deals needs beside reading them. */
export interface WriteContext extends DealContext {
  readonly stages: StageBook;
  readonly accounts: { readonly ambiguity: Ambiguity; readonly updates: boolean };
  readonly contacts: ContactRules;
  /** Days until a new deal closes whose referral names no day; 0: such a deal is refused. */
  readonly closeDays: number;
}

const dayMs = 86_400_000;

/** How far a write has come: what its memo remembers. */
interface Progress {
  readonly dealId?: string;
  readonly version?: string;
}

function readProgress(memo: string): Progress {
  try {
    return JSON.parse(memo) as Progress;
  } catch {
    return {};
  }
}

/** The port's name of a field that one request of a composite was refused for. */
function portField({ body, name }: Subrequest, field: string): string {
  if (name === "account") return accountPrefix + field;
  if (name === "deal") return field === "StageName" ? statusField : field;
  const records = (body as { records?: readonly Readonly<Record<string, unknown>>[] } | undefined)
    ?.records;
  const isOfContacts = name === "contacts" || records?.some((record) => "Email" in record);
  return isOfContacts ? contactsField : field;
}

const without = (fields: CrmFields, names: readonly string[]): CrmFields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** One write under way: all that is left of its steps is one transaction of Salesforce's. */
class DealWriting {
  readonly #context: WriteContext;
  readonly #write: CrmWrite;
  readonly #options: OperationOptions;

  constructor(context: WriteContext, write: CrmWrite, options: OperationOptions) {
    this.#context = context;
    this.#write = write;
    this.#options = options;
  }

  async run(): Promise<CrmRecord> {
    const { memo } = this.#options;
    const { recordId, steps } = this.#write;
    let progress: Progress = recordId === undefined ? {} : { dealId: recordId };
    const left: CrmStep[] = [];
    for (const step of steps) {
      const finished = memo?.finished(step.key);
      if (finished === undefined) left.push(step);
      else progress = { ...progress, ...readProgress(finished) };
    }
    const expected = left.length === steps.length ? steps[0]?.expectedVersion : progress.version;
    const record =
      progress.dealId === undefined
        ? await this.#create(left)
        : await this.#update(progress.dealId, left, expected);
    const done = JSON.stringify({ dealId: record.id, version: record.version });
    for (const step of left) await memo?.finish(step.key, done);
    return record;
  }

  async #read(dealId: string): Promise<DealSnapshot> {
    const found = await readDeal(this.#context, dealId, this.#options);
    if (found) return found;
    throw new CrmError("not-found", "the deal isn't there any more");
  }

  /** The body that writes a deal's own fields. */
  async #ownBody(fields: CrmFields): Promise<CrmFields> {
    const { layout, stages } = this.#context;
    const body: Record<string, CrmFields[string]> = { ...without(fields, [statusField]) };
    if (closeDateField in fields) Object.assign(body, this.#closeDate(fields));
    if (statusField in fields) {
      body.StageName = await stages.stageOf(fields[statusField], this.#options);
    }
    const { soleCurrency } = layout;
    if (soleCurrency !== undefined && currencyField in body) {
      if ((body[currencyField] ?? soleCurrency) !== soleCurrency) {
        throw new CrmError(
          "invalid",
          `the organisation has one currency, ${soleCurrency}; the referral names another`,
          { field: currencyField },
        );
      }
      delete body[currencyField];
    }
    return body;
  }

  async #create(steps: readonly CrmStep[]): Promise<CrmRecord> {
    const { keyField, stages } = this.#context;
    const { account, contacts, own } = this.#split(steps);
    const first = statusField in own ? {} : { StageName: await stages.first(this.#options) };
    const ownBody = { ...first, ...(await this.#ownBody(own)), [keyField]: this.#write.key };
    const body = { ...this.#closeDate(own), ...ownBody };
    const found = await findParties(
      this.#context.send,
      { ...(account ? { account } : {}), emails: unknownEmails(contacts, undefined) },
      this.#options,
    );
    const requests: Subrequest[] = [];
    const accountId = account && this.#accountRequest(account, found, requests);
    const link = accountId === undefined ? {} : { AccountId: accountId };
    requests.push({
      name: "deal",
      method: "POST",
      target: "sobjects/Opportunity",
      body: { ...body, ...link },
    });
    const writes = this.#linkedWrites({ dealId: "@{deal.id}", accountId }, steps, found);
    try {
      return await this.#send([...requests, ...collectionRequests(writes)], "@{deal.id}");
    } catch (error) {
      const isTaken =
        error instanceof CompositeRefusal &&
        error.subrequest.name === "deal" &&
        error.errorCode === "DUPLICATE_VALUE";
      if (!isTaken) throw error;
      return this.#takeOver(steps, error);
    }
  }

  /**
   * Salesforce takes no deal without a close date, and a referral may have none. The one that is
   * set in its place is marked, so that it never counts as anybody's.
   */
  #closeDate(own: CrmFields): CrmFields {
    const { closeDays, layout, send } = this.#context;
    const isMarked = layout.own.includes(ownCloseDateField);
    const mark = (day: string | null): CrmFields => (isMarked ? { [ownCloseDateField]: day } : {});
    if ((own[closeDateField] ?? null) !== null) return mark(null);
    const nowMs = send.lastServerTimeMs();
    if (closeDays === 0 || nowMs === undefined) {
      throw new CrmError(
        "invalid",
        "Salesforce takes no deal without a close date; set one on the referral, or `closeDays` " +
          "in the configuration",
        { field: closeDateField },
      );
    }
    const day = new Date(nowMs + closeDays * dayMs).toISOString().slice(0, 10);
    return { [closeDateField]: day, ...mark(day) };
  }

  /** An earlier try of this write, or somebody else's deal? Equal values are the former. */
  async #takeOver(steps: readonly CrmStep[], refusal: CompositeRefusal): Promise<CrmRecord> {
    const { keyField, layout, send } = this.#context;
    const soql = `${selectDeals(layout)} WHERE ${keyField} = ${quoted(this.#write.key)}`;
    const { rows, serverTimeMs } = await runQuery(send, soql, this.#options);
    const [found] = snapshotsOf(this.#context, rows, serverTimeMs);
    // Another unique field of the organisation's own, or a deal that we may not see.
    if (!found) throw refusal.error;
    const { record } = found;
    const { own } = this.#split(steps);
    const differs = Object.entries(own).some(
      ([name, value]) => name in record.fields && !sameValue(record.fields[name], value),
    );
    if (differs) {
      throw new CrmError(
        "conflict",
        "a deal with other values is already there under the referral's id",
        { recordId: record.id },
      );
    }
    const linked = steps.filter(({ part }) => part !== "record");
    return this.#update(record.id, linked, record.version);
  }

  #split(steps: readonly CrmStep[]) {
    const fieldsOf = (part: string): CrmFields | undefined =>
      steps.find((step) => step.part === part)?.fields;
    const account = fieldsOf("account");
    return {
      own: fieldsOf("record") ?? {},
      contacts: fieldsOf("contacts")?.[contactsField],
      account:
        account &&
        Object.fromEntries(
          Object.entries(account).map(([name, value]) => [name.slice(accountPrefix.length), value]),
        ),
    };
  }

  /** Finds the account, or adds the request that makes it; gives its id or a reference. */
  #accountRequest(account: CrmFields, found: FoundParties, requests: Subrequest[]): string {
    const known = chooseAccount(found.accounts, this.#context.accounts.ambiguity);
    if (known !== undefined) return known;
    requests.push({ name: "account", method: "POST", target: "sobjects/Account", body: account });
    return "@{account.id}";
  }

  #linkedWrites(
    target: LinkedTarget,
    steps: readonly CrmStep[],
    found: FoundParties,
  ): RecordWrites {
    const writes = noWrites();
    for (const { fields, part } of steps) {
      if (part === "account" || part === "record") continue;
      if (part === "contacts") {
        planContacts(target, fields[contactsField], found, this.#context.contacts, writes);
        continue;
      }
      const child = this.#context.layout.children.find(({ field }) => field === part);
      if (!child) throw new CrmError("invalid", `there is no part "${part}" of a deal`);
      planChildren(target, child, fields[child.field], writes);
    }
    return writes;
  }

  async #update(
    dealId: string,
    steps: readonly CrmStep[],
    expected: string | undefined,
  ): Promise<CrmRecord> {
    const isOwnOnly = steps.every(({ part }) => part === "record");
    const isChecked =
      isOwnOnly && (expected === undefined || this.#context.settled.has(dealId, expected));
    const snapshot = isChecked || steps.length === 0 ? undefined : await this.#read(dealId);
    if (snapshot && expected !== undefined && snapshot.record.version !== expected) {
      throw new CrmError("conflict", "the deal or what is linked to it changed meanwhile");
    }
    if (steps.length === 0) return (await this.#read(dealId)).record;
    const version = snapshot?.record.version ?? expected;
    const requests = await this.#updateRequests(dealId, steps, snapshot, version);
    if (requests.length === 0 && snapshot) return snapshot.record;
    return this.#send(requests, dealId);
  }

  async #updateRequests(
    dealId: string,
    steps: readonly CrmStep[],
    snapshot: DealSnapshot | undefined,
    version: string | undefined,
  ): Promise<readonly Subrequest[]> {
    const { account, contacts, own } = this.#split(steps);
    const row = snapshot?.row;
    const present = row && accountOf(row);
    const wantsAccount = account !== undefined && present === undefined;
    const found = await findParties(
      this.#context.send,
      { ...(wantsAccount ? { account } : {}), emails: unknownEmails(contacts, row) },
      this.#options,
    );
    const requests: Subrequest[] = [];
    let accountId = present && String(present.Id);
    const body: Record<string, CrmFields[string]> = { ...(await this.#ownBody(own)) };
    if (wantsAccount && account) {
      accountId = this.#accountRequest(account, found, requests);
      body.AccountId = accountId;
    } else if (account && present) this.#changeAccount(account, present, requests);
    if (Object.keys(body).length > 0) {
      requests.push({
        name: "deal",
        method: "PATCH",
        target: `sobjects/Opportunity/${dealId}`,
        body,
        ...(version === undefined
          ? {}
          : { headers: { "If-Unmodified-Since": httpDate(stampInVersion(version)) } }),
      });
    }
    const target = { dealId, accountId, ...(row ? { row } : {}) };
    const writes = this.#linkedWrites(target, steps, found);
    return isNothing(writes) ? requests : [...requests, ...collectionRequests(writes)];
  }

  #changeAccount(account: CrmFields, present: SalesforceRow, requests: Subrequest[]): void {
    const changes = Object.entries(account).filter(
      ([name, value]) => !sameValue(present[name] as CrmFields[string], value),
    );
    const [first] = changes;
    if (!first) return;
    if (!this.#context.accounts.updates) {
      throw customerStays(salesforceWords, accountPrefix + first[0]);
    }
    requests.push({
      name: "account",
      method: "PATCH",
      target: `sobjects/Account/${String(present.Id)}`,
      body: Object.fromEntries(changes),
      headers: { "If-Unmodified-Since": httpDate(isoOf(present.LastModifiedDate)) },
    });
  }

  /** Sends everything and, in the same call, reads the deal as it is afterwards. */
  async #send(requests: readonly Subrequest[], dealId: string): Promise<CrmRecord> {
    const { layout, send } = this.#context;
    const soql = `${selectDeals(layout)} WHERE Id = '${dealId}'`;
    const answers = await sendComposite(
      send,
      [...requests, querySubrequest("after", soql)],
      this.#options,
      portField,
    ).catch((error: unknown) => {
      const isOwn = error instanceof CompositeRefusal && error.errorCode !== "DUPLICATE_VALUE";
      throw isOwn ? error.error : error;
    });
    const { records } = answers.body("after") as { records: readonly SalesforceRow[] };
    const [after] = snapshotsOf(this.#context, records, answers.serverTimeMs);
    if (after) return after.record;
    throw new CrmError("unauthorized", "the deal was written, and can't be read any more");
  }
}

function httpDate(iso: string): string {
  return new Date(iso).toUTCString();
}

/** Carries out a write as one transaction, as far as an earlier try left it. Errors: CrmError. */
export async function writeDeal(
  context: WriteContext,
  write: CrmWrite,
  options: OperationOptions,
): Promise<CrmRecord> {
  try {
    return await new DealWriting(context, write, options).run();
  } catch (error) {
    throw error instanceof CompositeRefusal ? error.error : error;
  }
}
