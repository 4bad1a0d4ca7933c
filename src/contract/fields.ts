import type { Edition, FieldKind, Write } from "./field.ts";
import { type FieldNode, type RecordNode, referralTree } from "./tree.ts";

/** One field of the Referral. */
export interface ReferralField {
  /** Names joined with dots, as on the reference page: `customerProfile.address.city`. */
  readonly path: string;
  /** JSON Pointer; `*` stands for any index: `/team` and `*` and `email`. */
  readonly pointer: string;
  readonly type: FieldKind;
  readonly title: string;
  readonly description: string;
  /** Empty where only the server sets it. */
  readonly write: readonly Write[];
  readonly edition: Edition;
  /** True where a new referral must have it. */
  readonly required: boolean;
  /** The values known today, where they are listed. */
  readonly values?: readonly string[];
}

function describe(field: FieldNode, path: string, pointer: string): ReferralField {
  return {
    path,
    pointer,
    type: field.kind,
    title: field.title,
    description: field.description,
    write: field.write,
    edition: field.edition,
    required: field.required ?? false,
    ...(field.values ? { values: field.values } : {}),
  };
}

function flatten(record: RecordNode, path: string, pointer: string): ReferralField[] {
  return record.fields.flatMap((field) => {
    const here = `${path}${field.name}`;
    const at = `${pointer}/${field.name}`;
    const inside = field.kind === "list" ? `${at}/*` : at;
    return [describe(field, here, at), ...(field.of ? flatten(field.of, `${here}.`, inside) : [])];
  });
}

/** Every field of the Referral, records and lists before the fields inside them. */
export const fields: readonly ReferralField[] = flatten(referralTree, "", "");
