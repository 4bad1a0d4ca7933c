import { byteText, inside, type JsonPart, joinParts, openEnd, textOf } from "./json-parts.ts";
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

  /** The metadata address of the list. */
  get context(): string {
    return `${this.#engagementsUrl()}/$metadata#referrals`;
  }

  /** Adds a referral as the element of a list. */
  pushElement(parts: JsonPart[], stored: StoredReferral): void {
    parts.push(openEnd(stored.document), this.#ending(stored));
  }

  /** A referral as the whole answer. */
  single(stored: StoredReferral): Buffer {
    return joinParts(this.#whole(stored));
  }

  /** The same, to be written as latin1. */
  singleByteText(stored: StoredReferral): string {
    return byteText(this.#whole(stored));
  }

  /** A referral as text, for whoever has to take it apart. */
  text(stored: StoredReferral): string {
    return textOf(openEnd(stored.document)) + this.#ending(stored);
  }

  #whole(stored: StoredReferral): readonly JsonPart[] {
    const head = `{"@odata.context":"${this.context}/$entity",`;
    return [head, inside(stored.document), this.#ending(stored)];
  }

  #ending({ id, engagementId }: StoredReferral): string {
    const url = this.referralsUrl;
    const related = `${url}?$filter=engagementId eq '${engagementId}'`;
    return (
      `,"links":{"relatedReferrals":{"uri":"${related}","method":"GET"},` +
      `"self":{"uri":"${url}/${id}","method":"GET"}}}`
    );
  }
}
