import type { FieldInfo, StageChoice } from "./inspection.ts";

/** A proposal for one line of a mapping, for a person to confirm. */
export interface SuggestedField {
  readonly referral: string;
  readonly crm: string;
  readonly label: string;
}

interface Likeness {
  readonly name: string;
  readonly referral: string;
  /** Names that mean it, the surest first; compared as lower-case letters alone. */
  readonly names: readonly RegExp[];
  readonly lens: (field: FieldInfo) => string;
  readonly write?: "put";
}

const text = (): string => "text";
const dated = ({ type }: FieldInfo): string =>
  /time/i.test(type) ? "{ kind: date, crm: datetime }" : "date";

const likenesses: readonly Likeness[] = [
  {
    name: "name",
    referral: "/name",
    names: [/^(?:name|title|subject|topic)$/, /dealname|description$/],
    lens: text,
    write: "put",
  },
  {
    name: "dealValue",
    referral: "/details/dealValue",
    names: [/^(?:amount|dealvalue|expectedrevenue|estimatedvalue|value)$/, /amount|revenue|value/],
    lens: () => "decimal",
  },
  {
    name: "currency",
    referral: "/details/currency",
    names: [/^(?:currency|currencycode|amountcurrency|currencyisocode)$/, /currency/],
    lens: () => "currency",
  },
  {
    name: "closingDate",
    referral: "/details/closingDateTime",
    names: [/^(?:closedate|closingdate|closeson|datedeadline|enddate)$/, /clos|deadline/],
    lens: dated,
  },
  {
    name: "notes",
    referral: "/details/notes",
    names: [/^(?:notes|comment|description|remarks)$/, /note|comment/],
    lens: text,
  },
  {
    name: "customerName",
    referral: "/customerProfile/name",
    names: [/^(?:accountname|customername|partnername|company)$/, /customer|account/],
    lens: text,
    write: "put",
  },
  {
    name: "customerCity",
    referral: "/customerProfile/address/city",
    names: [/^(?:accountcity|city|billingaddresscity)$/, /city/],
    lens: text,
    write: "put",
  },
  {
    name: "customerPostalCode",
    referral: "/customerProfile/address/postalCode",
    names: [/^(?:accountzip|zip|postalcode)$/, /zip|postal/],
    lens: text,
    write: "put",
  },
  {
    name: "customerCountry",
    referral: "/customerProfile/address/country",
    names: [/^(?:accountcountry|country)$/, /country/],
    lens: () => "country",
    write: "put",
  },
];

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, "");

/**
 * Which fields of a CRM are likely the referral's, by their names and labels; each field once. A
 * proposal: nothing is mapped without a person.
 */
export function suggestFields(fields: readonly FieldInfo[]): readonly SuggestedField[] {
  const taken = new Set<string>();
  return likenesses.flatMap(({ names, referral }) => {
    for (const pattern of names) {
      const found = fields.find(
        (field) =>
          !taken.has(field.name) &&
          (pattern.test(letters(field.name)) || pattern.test(letters(field.label))),
      );
      if (!found) continue;
      taken.add(found.name);
      return [{ referral, crm: found.name, label: found.label }];
    }
    return [];
  });
}

const stageWords: readonly (readonly [RegExp, string])[] = [
  [/waiting for partner center/i, "[New/Pending, New/Received]"],
  [/\bwon\b/i, "Closed/Won"],
  [/lost|cancel/i, "Closed/Lost"],
];

function stageLine({ label, value }: StageChoice): string {
  const words = `${value} ${label}`;
  const [, referral = "Active/Accepted"] =
    stageWords.find(([pattern]) => pattern.test(words)) ?? [];
  return `        - { crm: ${JSON.stringify(value)}, referral: ${referral} } # ${label}`;
}

/**
 * The lines of a first mapping file, from the CRM's own metadata: the likely fields, and the stages
 * as they are there. A person corrects and completes it.
 */
export function suggestMappingText(
  fields: readonly FieldInfo[],
  stages: readonly StageChoice[],
  statusField: string,
): string {
  const lines = suggestFields(fields).flatMap(({ crm, label, referral }) => {
    const like = likenesses.find((each) => each.referral === referral);
    const field = fields.find(({ name }) => name === crm);
    if (!like || !field) return [];
    return [
      `  - name: ${like.name}`,
      `    label: ${JSON.stringify(label)}`,
      `    referral: ${referral}`,
      `    crm: ${crm}`,
      `    lens: ${like.lens(field)}`,
      ...(like.write ? [`    write: ${like.write}`] : []),
    ];
  });
  const status = [
    "  - name: status",
    "    label: Status",
    "    referral: /status",
    `    crm: ${statusField}`,
    "    lens:",
    "      kind: stage",
    "      values:",
    ...stages.map(stageLine),
  ];
  return ["fields:", ...lines, ...(stages.length > 0 ? status : [])].join("\n").concat("\n");
}
