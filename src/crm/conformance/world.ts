import type { CrmAdapter, CrmFields, CrmValue } from "../port.ts";

/**
 * The fields with which the conformance kit works, by what they hold; a CRM without one leaves it
 * out.
 */
export interface ConformanceFields {
  /** A text of one line. */
  readonly name: string;
  /** Characters that a name can't hold; none unless told. */
  readonly refusedInName?: string;
  /** What a deal can't be created without, beside its name and amount. */
  readonly alsoRequired?: CrmFields;
  /** An amount with two digits. */
  readonly amount: string;
  /** A long text, and the most that it holds; absent where there is no bound. */
  readonly notes: { readonly field: string; readonly maxLength?: number };
  /** A calendar date, as `2026-12-24`. */
  readonly date?: string;
  /** A currency's code, with two that the CRM knows and one that it doesn't. */
  readonly currency?: {
    readonly field: string;
    readonly known: readonly [string, string];
    readonly unknown: string;
  };
  readonly picklist?: {
    readonly field: string;
    readonly valid: CrmValue;
    readonly invalid: CrmValue;
  };
  readonly status: {
    readonly field: string;
    readonly open: CrmValue;
    readonly waiting?: CrmValue;
    readonly won: CrmValue;
    readonly lost: CrmValue;
  };
  /** Germany as a country's field holds it, where that isn't its name. */
  readonly germany?: CrmValue;
  /** The customer's account. */
  readonly account?: {
    readonly name: string;
    readonly postalCode: string;
    readonly country: string;
  };
  /** A list of people, and the names of an entry's fields. */
  readonly contacts?: {
    readonly field: string;
    readonly email: string;
    readonly firstName: string;
    readonly lastName: string;
  };
  /** A list of rows of the deal's own, with the fields that tell them apart and name them. */
  readonly children?: { readonly field: string; readonly key: string; readonly name: string };
}

/** A mishap on the way to the CRM. */
export type Mishap =
  /** Nothing arrives. */
  | { readonly kind: "lost-before" }
  /** The call is carried out, and its answer is lost. */
  | { readonly kind: "lost-after" }
  /** The call is carried out, and its answer doesn't come in time. */
  | { readonly kind: "timeout" }
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number }
  | { readonly kind: "broken" };

/** A CRM with people in it, in which the kit can arrange what it wants to see. */
export interface ConformanceWorld {
  readonly adapter: CrmAdapter;
  readonly fields: ConformanceFields;
  /**
   * Eight hexadecimal digits with which the keys of this run begin, where deals of earlier runs are
   * still there.
   */
  readonly keySeed?: string;
  /** The same adapter with pages of this size, where it has pages. */
  withPageSize(size: number): CrmAdapter;
  /** Calls that the adapter has sent so far. */
  callCount(): number;
  /** The mishaps that can befall a call of this CRM; all of them unless told. */
  readonly mishaps?: readonly Mishap["kind"][];
  /** Ids, of the right form and of the wrong one, that no record has; the kit's own unless told. */
  readonly missingIds?: readonly string[];
  /** The call that comes after `after` others meets with a mishap, once. */
  arrange(mishap: Mishap, after?: number): void;
  /** A person creates a deal in the CRM. */
  createAsPerson(fields: CrmFields): Promise<string>;
  /** A person changes own fields of a deal. */
  editAsPerson(recordId: string, fields: CrmFields): Promise<void>;
  deleteAsPerson(recordId: string): Promise<void>;
  /** A person renames the first contact of a deal. */
  renameContactAsPerson?(recordId: string, firstName: string): Promise<void>;
  /** The integration user loses sight of a deal, or gets it back. */
  setHidden?(recordId: string, isHidden: boolean): void | Promise<void>;
  /**
   * How many rows of a kind there are with a value: deals under a key, accounts and contacts by
   * name or e-mail.
   */
  count(kind: "deal" | "account" | "contact", value: string): Promise<number>;
  /**
   * The access token expires; `renewable` says whether another can be had. Absent where a CRM signs
   * nobody in.
   */
  expireToken?(renewable: boolean): void | Promise<void>;
  /** Time passes until the CRM no longer knows the watermarks that it gave. */
  expireWatermarks?(): void;
  /** Time passes. */
  advance(milliseconds: number): void | Promise<void>;
  close(): Promise<void>;
}
