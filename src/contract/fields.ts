import type { Edition, FieldKind, Write } from "./field.ts";
import { pointerOf } from "./problem.ts";
import { type FieldNode, fieldsInside, referralTree } from "./tree.ts";

/** One field of the Referral. */
export interface ReferralField {
  /** Names joined with dots, as on the reference page: `customerProfile.team.email`. */
  readonly path: string;
  /** JSON Pointer; a `*` in it stands for any index of a list. */
  readonly pointer: string;
  readonly type: FieldKind;
  readonly title: string;
  readonly description: string;
  /** Empty where only the server sets it. */
  readonly write: readonly Write[];
  readonly edition: Edition;
  /** How prominently a designer may show it: what is required first, the server's own last. */
  readonly visibility: "important" | "none" | "advanced";
  /** True where a new referral must have it. */
  readonly required: boolean;
  /** The values known today, where they are listed. */
  readonly values?: readonly string[];
}

function visibilityOf({ required, write }: FieldNode): ReferralField["visibility"] {
  if (required) return "important";
  return write.length === 0 ? "advanced" : "none";
}

/** Every field of the Referral, records and lists before the fields inside them. */
export const fields: readonly ReferralField[] = fieldsInside(referralTree).map(
  ({ field, steps }) => ({
    path: steps.filter((step) => step !== "*").join("."),
    pointer: pointerOf(steps),
    type: field.kind,
    title: field.title,
    description: field.description,
    write: field.write,
    edition: field.edition,
    visibility: visibilityOf(field),
    required: field.required ?? false,
    ...(field.values ? { values: field.values } : {}),
  }),
);
