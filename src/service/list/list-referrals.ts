import type { FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError } from "../../contract/index.ts";
import { jsonType } from "../../http/index.ts";
import {
  type BoundOrderBy,
  type BoundQuery,
  type Document,
  evaluate,
  parseExactJson,
  project,
} from "../../odata/index.ts";
import { StorageError } from "../../storage/index.ts";
import type { Database, Row } from "../../storage/port.ts";
import { type JsonPart, joinParts, textOf } from "../json-parts.ts";
import type { Presentation } from "../presentation.ts";
import { parsePreferences } from "../routes/preferences.ts";
import {
  latestChange,
  referralsOfEngagement,
  type Scope,
  type StoredReferral,
  storedReferral,
} from "../store/referral-store.ts";
import { behind, totalOrder } from "./keyset.ts";
import { ListQueries, nextLink, queryText } from "./list-query.ts";
import type { Page, Search } from "./list-statement.ts";
import { countAll, findPage, findRows, type Reading } from "./referral-search.ts";
import { isServedByIndex } from "./served-by-index.ts";
import { parseSkipToken, printSkipToken, type SkipToken } from "./skip-token.ts";
import { streamList } from "./stream-list.ts";

/** What listing needs. */
export interface ListOptions {
  readonly database: Database;
  readonly presentation: Presentation;
  /** Milliseconds since 1970 in the referrals' own time. */
  readonly now: () => number;
  readonly scanLimitMs: number;
  /**
   * The past moment that this list is to show instead of the present one, where it is made to lag.
   */
  readonly laggingMoment: () => string | undefined;
}

/** Lists of up to so many referrals are put together at once; longer ones are streamed. */
const heldAtOnce = 1_000;
const largestPage = 5_000;
/** A list without $top is first tried as a short one, since most of them are. */
const shortList = 200;

const shortOf = (top: number): number => (top <= heldAtOnce ? top : shortList + 1);

/** One list call, understood. */
interface ListCall {
  readonly scope: Scope;
  readonly text: string;
  readonly query: BoundQuery;
  readonly order: readonly BoundOrderBy[];
  readonly token: SkipToken | undefined;
  readonly pageSize: number | undefined;
}

function understand(
  queries: ListQueries,
  options: ListOptions,
  scope: Scope,
  request: FastifyRequest,
): ListCall {
  const text = queryText(request.raw.url ?? "");
  const query = queries.parse(text, options.now());
  const order = totalOrder(query.orderby);
  const token = query.skiptoken === undefined ? undefined : parseSkipToken(query.skiptoken, order);
  const wanted = parsePreferences(request.headers.prefer).maxPageSize ?? token?.pageSize;
  const pageSize = wanted === undefined ? undefined : Math.min(wanted, largestPage);
  return { scope, text, query, order, token, pageSize };
}

function explain(error: unknown): unknown {
  if (!(error instanceof StorageError) || error.code !== "timeLimitExceeded") return error;
  return new ReferralsError("unsupportedQuery", {
    message:
      "The query needs more time than it may. Compare an indexed property, such as status, " +
      "updatedDateTime or externalReferenceId, with eq, or order by one.",
    cause: error,
  });
}

/** Answers list calls. */
export class ReferralLists {
  readonly #options: ListOptions;
  readonly #queries = new ListQueries();

  constructor(options: ListOptions) {
    this.#options = options;
  }

  /** Errors: invalidFilter, unsupportedQuery, invalidRequest, serviceNotAvailable. */
  async answer(scope: Scope, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const call = understand(this.#queries, this.#options, scope, request);
    try {
      reply.header("content-type", jsonType);
      if (call.pageSize !== undefined) reply.header("preference-applied", pageSizeOf(call));
      return reply.send(await this.#body(call));
    } catch (error) {
      throw explain(error);
    }
  }

  /** A referral as a single answer with $select and $expand. Errors: those of a list call. */
  async shapeSingle(scope: Scope, stored: StoredReferral, text: string): Promise<string> {
    const query = this.#queries.parse(text, this.#options.now());
    const { filter, orderby, top, skip, skiptoken } = query;
    if (filter || orderby.length > 0 || top !== undefined || skip !== undefined || skiptoken) {
      throw new ReferralsError("unsupportedQuery", {
        message: "A single referral takes $select and $expand only.",
      });
    }
    const { context } = this.#options.presentation;
    const element = await this.#shaped(scope, query, stored);
    const rest = element === "{}" ? "}" : `,${element.slice(1)}`;
    return `{"@odata.context":"${context}/$entity"${rest}`;
  }

  async #body(call: ListCall) {
    const { database, scanLimitMs } = this.#options;
    const reading = { database, scanLimitMs };
    const search = await this.#searchFor(call);
    const count = call.query.count ? await countAll(reading, search) : undefined;
    const counted = count === undefined ? "" : `"@odata.count":${count},`;
    const { context } = this.#options.presentation;
    const head = `{"@odata.context":"${context}",${counted}"value":[`;
    if (call.pageSize !== undefined) return this.#page(call, reading, search, head);
    const { top = Number.POSITIVE_INFINITY, skip = 0 } = call.query;
    const page: Page = { order: call.order, offset: skip };
    const short = top <= heldAtOnce || !search.isScan;
    const found = short && (await findPage(reading, search, { ...page, limit: shortOf(top) }));
    if (found && (found.length <= shortList || top <= heldAtOnce)) {
      return this.#whole(call, found, head, "]}");
    }
    const pushElement = (parts: JsonPart[], row: Row) =>
      this.#pushElement(parts, call, storedReferral(row));
    const limited = Number.isFinite(top) ? { ...page, limit: top } : page;
    const rows = await started(findRows(reading, search, limited));
    return streamList(rows, pushElement, { head, tail: "]}" });
  }

  /**
   * What is looked for, and as it was when: a walk over pages keeps to the moment at which it
   * began.
   */
  async #searchFor({ scope, query, token, pageSize }: ListCall): Promise<Search> {
    const { database, laggingMoment } = this.#options;
    const begun =
      pageSize === undefined
        ? undefined
        : (token?.asOf ?? (await latestChange(database, scope.tenantId)));
    const asOf = laggingMoment() ?? begun;
    return {
      dialect: database.dialect,
      scope,
      isScan: scope.locations !== undefined || !isServedByIndex(query),
      ...(query.filter ? { filter: query.filter } : {}),
      ...(asOf === undefined ? {} : { asOf }),
    };
  }

  async #page(call: ListCall, reading: Reading, search: Search, head: string): Promise<Buffer> {
    const { order, token, query, pageSize = heldAtOnce } = call;
    const remaining = token ? token.remaining : query.top;
    const size = Math.min(pageSize, remaining ?? pageSize);
    const mayHaveMore = remaining === undefined || remaining > size;
    const found = await findPage(reading, search, {
      order,
      limit: mayHaveMore ? size + 1 : size,
      ...(token ? { behind: behind(order, token.after) } : { offset: query.skip ?? 0 }),
    });
    const shown = found.slice(0, size);
    const last = shown.at(-1);
    if (!last || found.length <= size) return this.#whole(call, shown, head, "]}");
    const document = parseExactJson(textOf(last.document));
    const next = printSkipToken({
      after: order.map(({ expression }) => evaluate(expression, document)),
      pageSize,
      asOf: search.asOf ?? "",
      ...(remaining === undefined ? {} : { remaining: remaining - size }),
    });
    const link = nextLink(this.#options.presentation.referralsUrl, call.text, next);
    return this.#whole(call, shown, head, `],"@odata.nextLink":${JSON.stringify(link)}}`);
  }

  async #whole(
    call: ListCall,
    found: readonly StoredReferral[],
    head: string,
    tail: string,
  ): Promise<Buffer> {
    const parts: JsonPart[] = [head];
    for (const [index, stored] of found.entries()) {
      if (index > 0) parts.push(",");
      const waiting = this.#pushElement(parts, call, stored);
      if (waiting) await waiting;
    }
    parts.push(tail);
    return joinParts(parts);
  }

  #pushElement(
    parts: JsonPart[],
    { scope, query }: ListCall,
    stored: StoredReferral,
  ): Promise<void> | undefined {
    if (query.select || query.expand.length > 0) {
      return this.#shaped(scope, query, stored).then((element) => {
        parts.push(element);
      });
    }
    this.#options.presentation.pushElement(parts, stored);
    return undefined;
  }

  async #shaped(scope: Scope, query: BoundQuery, stored: StoredReferral): Promise<string> {
    const { database, presentation } = this.#options;
    const parse = (one: StoredReferral) => parseExactJson(presentation.text(one)) as Document;
    const document = parse(stored);
    if (query.expand.length === 0) return JSON.stringify(project(document, query));
    const others = (await referralsOfEngagement(database, scope, stored.engagementId)).filter(
      ({ id }) => id !== stored.id,
    );
    return JSON.stringify(project({ ...document, relatedReferrals: others.map(parse) }, query));
  }
}

const pageSizeOf = ({ pageSize }: ListCall): string => `odata.maxpagesize=${pageSize}`;

/**
 * The same rows, the first of them already read: what is wrong shows before the answer's head is
 * sent.
 */
async function started(rows: AsyncGenerator<Row>): Promise<AsyncIterable<Row>> {
  const first = await rows.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* rows;
  })();
}
