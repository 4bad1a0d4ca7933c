import type { DealDetail, DealPage, DealSummary, Question } from "../../contract/index.ts";
import { CliFailure } from "../failure.ts";
import type { OperationsClient } from "./operations-client.ts";

const mostShown = 8;

const enc = encodeURIComponent;

/** The deals whose names or ids hold the words; the first page of them. */
export async function searchDeals(
  client: OperationsClient,
  words: string,
  limit = 100,
): Promise<readonly DealSummary[]> {
  const page = await client.get<DealPage>(`/api/deals?text=${enc(words)}&limit=${limit}`);
  return page.deals;
}

/**
 * The one deal that is meant: by the id of the pair, the referral or the CRM record, or by words of
 * its name. Errors: CliFailure naming the candidates where several fit.
 */
export async function findDeal(client: OperationsClient, named: string): Promise<DealDetail> {
  const byWords = await searchDeals(client, named, mostShown + 1);
  const [only] = byWords;
  if (only && byWords.length === 1) return client.get(`/api/deals/${enc(only.id)}`);
  const exact = byWords.find((deal) =>
    [deal.id, deal.crm?.id, deal.referral?.id, deal.title].includes(named),
  );
  if (exact) return client.get(`/api/deals/${enc(exact.id)}`);
  if (byWords.length > 1) {
    const titles = byWords.slice(0, mostShown).map(({ id, title }) => `\n  ${id}  ${title}`);
    const more = byWords.length > mostShown ? "\n  … and more" : "";
    throw new CliFailure(`Several deals fit "${named}":${titles.join("")}${more}`, {
      remedy: "Give more of the name, or one of the ids.",
    });
  }
  // An id that no search finds may still be known.
  return client.get(`/api/deals/${enc(named)}`);
}

/** A question's id as short as people type it: the deal's first letters and the field. */
export function shortId({ id }: Question): string {
  const [, about = id, ...rest] = id.split(":");
  return [about.slice(0, 8), ...rest].join(":");
}

/** The one question that an id, a short one, or a deal's id names. */
export function findQuestion(questions: readonly Question[], named: string): Question {
  const exact = questions.find(({ id }) => id === named);
  if (exact) return exact;
  const parts = named.split(":");
  const found = questions.filter((question) => {
    const segments = question.id.split(":");
    const begins = (offset: number): boolean =>
      parts.every((part, index) => segments[index + offset]?.startsWith(part));
    return begins(0) || begins(1) || question.pairId === named;
  });
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new CliFailure(
    found.length === 0
      ? `No open question is called "${named}".`
      : `Several questions fit "${named}": ${found.map(shortId).join(", ")}.`,
    { remedy: "List them: referrals conflicts" },
  );
}
