import type { DealProperties, ModelType, PrimitiveType } from "../../contract/index.ts";
import type { PromotedColumn } from "../../storage/index.ts";

interface DealColumn {
  readonly type: PrimitiveType;
  readonly form: PromotedColumn["form"];
  readonly nullable: boolean;
}

const text = (nullable = true): DealColumn => ({ type: "String", form: "text", nullable });
const stamp = (): DealColumn => ({ type: "DateTimeOffset", form: "stamp", nullable: true });
const amount = (): DealColumn => ({ type: "Double", form: "number", nullable: true });

/** The properties of a deal, each with a column of its own. */
export const dealColumns: Readonly<Record<keyof DealProperties, DealColumn>> = {
  id: text(false),
  title: text(false),
  customer: text(),
  state: text(false),
  crmValue: amount(),
  referralValue: amount(),
  currency: text(),
  status: text(),
  substatus: text(),
  closes: stamp(),
  changed: stamp(),
  expires: stamp(),
  created: stamp(),
  accepted: stamp(),
  closed: stamp(),
  country: text(),
  engagementId: text(),
  referralId: text(),
  crmId: text(),
  problemCode: text(),
};

/** The names of the properties, in the order of the table's columns. */
export const dealPropertyNames = Object.keys(dealColumns) as readonly (keyof DealProperties)[];

/** The deal as OData knows it. */
export const dealModel: ModelType = {
  name: "Deal",
  open: false,
  properties: dealPropertyNames.map((name) => {
    return { name, type: dealColumns[name].type, collection: false };
  }),
};

/** Where OData's properties lie in SQL. */
export const dealPromoted: Readonly<Record<string, PromotedColumn>> = Object.fromEntries(
  dealPropertyNames.map((name) => {
    const { form, nullable } = dealColumns[name];
    return [
      name,
      { column: name, form, nullable, ...(form === "number" ? { decides: true } : {}) },
    ];
  }),
);
