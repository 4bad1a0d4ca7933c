/** The two outside systems. */
export type Side = "referrals" | "crm";

/** The values that people change, by the names that the mapping gives them. */
export type EditedField =
  | "name"
  | "dealValue"
  | "currency"
  | "closingDate"
  | "notes"
  | "status"
  | "contact";

/** A person, or an outside system by itself, does something at a moment. Deals are named by their place in the schedule. */
export type Action =
  /** A salesperson makes a deal; `shared` marks it for co-sell at once. */
  | {
      readonly at: number;
      readonly kind: "new-deal";
      readonly deal: number;
      readonly shared: boolean;
      readonly consent: boolean;
    }
  /** Microsoft, or the partner in Partner Center's own page, makes a referral. */
  | { readonly at: number; readonly kind: "new-referral"; readonly deal: number }
  | {
      readonly at: number;
      readonly kind: "edit";
      readonly deal: number;
      readonly side: Side;
      readonly field: EditedField;
      readonly value: string;
    }
  /** A salesperson marks an existing deal for co-sell. */
  | { readonly at: number; readonly kind: "share"; readonly deal: number }
  /** A person deletes the CRM record, for good. */
  | { readonly at: number; readonly kind: "delete"; readonly deal: number }
  /** An operator answers whatever stands in the inbox of a deal. */
  | { readonly at: number; readonly kind: "resolve"; readonly deal: number; readonly choose: Side }
  | { readonly at: number; readonly kind: "undo"; readonly deal: number }
  | { readonly at: number; readonly kind: "replay-dead-letters" };
