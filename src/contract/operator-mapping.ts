import type { PlainValue } from "./operator-api.ts";

/** What the sync runs with. */
export interface OperatorSettings {
  readonly callsPerMinute: number;
  readonly pollReferralsMs: number;
  readonly pollCrmMs: number;
  readonly auditMs: number;
  readonly inviteMicrosoft: boolean;
  readonly deletionPolicy: string;
  readonly isApproved: boolean;
  /** "Always prefer this side", by field. */
  readonly policies: Readonly<Record<string, string>>;
  /** What the fields are called. */
  readonly labels: Readonly<Record<string, string>>;
}

/** One line of a mapping as the page shows it. */
export interface MappingLine {
  readonly name: string;
  readonly label: string;
  /** Its place among the file's fields. */
  readonly index: number;
  readonly crm?: string;
  readonly referral?: string;
  /** JSONata over the giving side, where the value is computed. */
  readonly expression?: string;
  readonly direction: "both" | "to-crm" | "to-referral";
  readonly lens: string;
  readonly policy: string;
  readonly write: string;
  readonly required: boolean;
  readonly consent: boolean;
}

/** A fault in a mapping, at its place. */
export interface MappingFault {
  readonly line?: number;
  readonly sentence: string;
}

/** The mapping as it is kept. */
export interface MappingView {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly MappingLine[];
  readonly crmFields: readonly string[];
  readonly referralFields: readonly { readonly path: string; readonly isPatchable: boolean }[];
  readonly lenses: readonly string[];
  /** False where there is no file to store it in. */
  readonly canSave: boolean;
}

/** A change of a mapping: a value at a path of its document; undefined removes what is there. */
export interface MappingEdit {
  readonly path: readonly (string | number)[];
  readonly value?: PlainValue;
}

/** What a changed mapping would look like and do to one record. Nothing is stored. */
export interface MappingPreview {
  readonly text: string;
  readonly lines: readonly MappingLine[];
  readonly faults: readonly MappingFault[];
  /** Lines that go and come, with what stands around them. */
  readonly diff: readonly { readonly kind: "same" | "gone" | "new"; readonly text: string }[];
  /** The record through each line: what either side says, and what it would become. */
  readonly values: readonly {
    readonly field: string;
    readonly crm: PlainValue;
    readonly referral: PlainValue;
    readonly toCrm: { readonly value?: PlainValue; readonly refusal?: string };
    readonly toReferral: { readonly value?: PlainValue; readonly refusal?: string };
    readonly isSame: boolean;
  }[];
}
