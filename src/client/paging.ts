import type { Referral } from "../contract/index.ts";
import type { UnreadableReferral } from "./port.ts";

/** One page of a list. */
export interface ReferralPage {
  readonly referrals: readonly Referral[];
  /** What couldn't be read, as it came; absent where all could. */
  readonly unreadable?: readonly UnreadableReferral[];
  /**
   * Goes on after this page when given to `byPage`, also in another process; absent on the last
   * page.
   */
  readonly continuationToken?: string;
  /** All matches, where the query asked for `count`. */
  readonly count?: number;
}

/** Where reading by page starts, and how large its pages are wished. */
export interface PageSettings {
  readonly continuationToken?: string;
  readonly maxPageSize?: number;
}

/**
 * A list that is read while it is walked: one referral at a time, or one page at a time. One at a
 * time, items that can't be read are passed over, and the walk rejects with `invalidAnswer` after
 * the last referral, so that nobody takes it for the whole list.
 */
export interface PagedReferrals extends AsyncIterableIterator<Referral> {
  byPage(settings?: PageSettings): AsyncIterableIterator<ReferralPage>;
}

/** Reads one page: the first, or the one behind a continuation token. */
export type ReadPage = (settings: PageSettings) => Promise<ReferralPage>;

/** The errors of a walk. */
export interface PagingErrors {
  /** Where a list leads in a circle. */
  readonly loop: () => Error;
  /** Where items of it couldn't be read. */
  readonly unreadable: (items: readonly UnreadableReferral[]) => Error;
}

/**
 * Turns single pages into a list. Nothing is asked for before the first page is wanted, and no page
 * ahead. A link that was already followed ends the walk with an error instead of a walk without
 * end.
 */
export function pagedReferrals(readPage: ReadPage, errors: PagingErrors): PagedReferrals {
  async function* pages(settings: PageSettings): AsyncGenerator<ReferralPage, undefined> {
    const followed = new Set<string>();
    let next: PageSettings | undefined = settings;
    while (next !== undefined) {
      const page: ReferralPage = await readPage(next);
      const { continuationToken } = page;
      if (continuationToken !== undefined) {
        if (followed.has(continuationToken) || continuationToken === next.continuationToken) {
          throw errors.loop();
        }
        followed.add(continuationToken);
      }
      yield page;
      next = continuationToken === undefined ? undefined : { ...settings, continuationToken };
    }
  }

  async function* items(): AsyncGenerator<Referral, undefined> {
    const unreadable: UnreadableReferral[] = [];
    for await (const page of pages({})) {
      yield* page.referrals;
      unreadable.push(...(page.unreadable ?? []));
    }
    if (unreadable.length > 0) throw errors.unreadable(unreadable);
  }

  const walk = items();
  return {
    next: () => walk.next(),
    return: () => walk.return(undefined),
    [Symbol.asyncIterator]() {
      return this;
    },
    byPage: (settings = {}) => pages(settings),
  };
}
