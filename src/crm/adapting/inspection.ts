/** One thing that a CRM lacks for the mapping. */
export interface MissingThing {
  /** `column deals.referral_id`. */
  readonly name: string;
  /** What it is for, in a seller's words. */
  readonly label: string;
}

/** One stage of a CRM, as a mapping file writes it. */
export interface StageChoice {
  readonly value: string;
  readonly label: string;
}

/** What a CRM looks like before the connector is used. Looking changed nothing. */
export interface Inspection {
  /** Who the sync is there, where the CRM tells. */
  readonly user?: string;
  readonly missing: readonly MissingThing[];
  /** Things that are there and don't fit, and rights that aren't given. */
  readonly problems: readonly { readonly sentence: string; readonly remedy: string }[];
  /** What only takes time. */
  readonly pending: readonly string[];
  /** What is as it should be and will refuse some referrals all the same. */
  readonly advice?: readonly { readonly sentence: string; readonly remedy: string }[];
  readonly stages: readonly StageChoice[];
}

/** A field of the CRM's deals, from its own metadata. */
export interface FieldInfo {
  /** As a mapping file writes it. */
  readonly name: string;
  readonly label: string;
  /** The CRM's own word for its type. */
  readonly type: string;
  /** Its values, where it is a picklist. */
  readonly choices?: readonly StageChoice[];
}
