import type { StoredReferral } from "./store/referral-store.ts";

/**
 * Puts answers together from stored text, which is sent as it lies: what depends on the service's
 * own address is added around it, never stored.
 */
export class Presentation {
  readonly #engagementsUrl: () => string;

  /** `engagementsUrl` ends in `/v1.0/engagements`. */
  constructor(engagementsUrl: () => string) {
    this.#engagementsUrl = engagementsUrl;
  }

  /** The address of all referrals. */
  get referralsUrl(): string {
    return `${this.#engagementsUrl()}/referrals`;
  }

  /** A referral inside a list, `more` being further properties as JSON text: `,"a":1`. */
  element(stored: StoredReferral, more = ""): string {
    const url = this.referralsUrl;
    const related = `${url}?$filter=engagementId eq '${stored.engagementId}'`;
    return (
      `${stored.document.slice(0, -1)}${more},"links":{"relatedReferrals":` +
      `{"uri":"${related}","method":"GET"},"self":{"uri":"${url}/${stored.id}","method":"GET"}}}`
    );
  }

  /** A referral as the whole answer. */
  single(stored: StoredReferral): string {
    return `{"@odata.context":"${this.context}/$entity",${this.element(stored).slice(1)}`;
  }

  /** The metadata address of the list. */
  get context(): string {
    return `${this.#engagementsUrl()}/$metadata#referrals`;
  }
}
