import { type Endpoint, resolveNextLink } from "../../client/index.ts";
import { ReferralsError } from "../../contract/index.ts";
import type { HttpResponse } from "../../runtime/index.ts";
import { jsonMembers } from "./json-members.ts";

/** How far "all" may reach. */
export const listLimits = { pages: 2_000, characters: 256 * 1024 * 1024 } as const;

const nextLinkName = "@odata.nextLink";
const valueName = "value";

/** Asks for one page; resolves on any status. */
export type AskPage = (url: string) => Promise<HttpResponse>;

const malformed = (): ReferralsError =>
  new ReferralsError("invalidAnswer", { message: "A page of the list isn't one." });

interface Page {
  readonly items: string;
  readonly nextLink: string | undefined;
}

/** A page's items as the text between the brackets, and where the next one is. */
function readPage(text: string): Page {
  try {
    const members = jsonMembers(text);
    const value = members.get(valueName);
    const link = members.get(nextLinkName);
    if (!value || text[value.start] !== "[") throw malformed();
    const nextLink = link && (JSON.parse(text.slice(link.start, link.end)) as unknown);
    return {
      items: text.slice(value.start + 1, value.end - 1).trim(),
      nextLink: typeof nextLink === "string" && nextLink !== "" ? nextLink : undefined,
    };
  } catch (cause) {
    throw cause instanceof SyntaxError ? malformed() : cause;
  }
}

/** The first page's text with the items of all pages, and without its next link. */
function joined(first: string, items: readonly string[]): string {
  const members = [...jsonMembers(first)].flatMap(([name, { start, end }]) => {
    if (name === nextLinkName) return [];
    const text =
      name === valueName
        ? `[${items.filter((part) => part !== "").join(",")}]`
        : first.slice(start, end);
    return [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}

function urlOf(endpoint: Endpoint, link: string): string {
  const url = resolveNextLink(endpoint, link);
  if (typeof url !== "string") return url.href;
  const message = `The list's next page can't be followed (${url}).`;
  throw new ReferralsError("invalidAnswer", { message });
}

/** True where a list's text says that there is another page. */
export const hasNextPage = (text: string): boolean => text.includes(`"${nextLinkName}"`);

/**
 * Follows a list's next links to their end, so that "get all" gets all. Resolves to the first
 * answer with every item in it, or to the answer of the page that was refused. A token is sent to
 * no other host, and no page is asked for twice.
 */
export async function followPages(
  endpoint: Endpoint,
  first: HttpResponse,
  ask: AskPage,
): Promise<HttpResponse> {
  const seen = new Set<string>();
  const items: string[] = [];
  let characters = 0;
  let page = readPage(first.body);
  for (;;) {
    items.push(page.items);
    characters += page.items.length;
    if (page.nextLink === undefined) return { ...first, body: joined(first.body, items) };
    const url = urlOf(endpoint, page.nextLink);
    if (seen.has(url)) {
      throw new ReferralsError("invalidAnswer", { message: "The list's pages lead in a circle." });
    }
    seen.add(url);
    if (seen.size >= listLimits.pages || characters > listLimits.characters) {
      const message = "The list is too long to be answered at once: narrow it by $filter or $top.";
      throw new ReferralsError("payloadTooLarge", { message });
    }
    const answer = await ask(url);
    if (answer.status !== 200) return answer;
    page = readPage(answer.body);
  }
}

/** A page whose next link leads to the gateway, where its reader's token is of use. */
export function pageThroughGateway(endpoint: Endpoint, text: string, gatewayUrl: string): string {
  const link = jsonMembers(text).get(nextLinkName);
  if (!link) return text;
  const given = JSON.parse(text.slice(link.start, link.end)) as unknown;
  const url = new URL(urlOf(endpoint, String(given)));
  const ours = JSON.stringify(`${gatewayUrl}${url.search}`);
  return `${text.slice(0, link.start)}${ours}${text.slice(link.end)}`;
}
