import { lookupProperty, type Model, type Table } from "./model.ts";

/**
 * A navigation property: to the one row behind a lookup, or to the rows whose lookups point here.
 */
export type Navigation =
  | {
      readonly kind: "one";
      readonly name: string;
      readonly property: string;
      readonly target: string;
    }
  | {
      readonly kind: "many";
      readonly name: string;
      readonly property: string;
      readonly target: string;
    };

/** Names of collection-valued navigation properties that don't follow the pattern of the others. */
const collectionNames: Readonly<Record<string, string>> = {
  "opportunity.customerid.account": "opportunity_customer_accounts",
  "opportunity.customerid.contact": "opportunity_customer_contacts",
  "opportunity.parentaccountid.account": "opportunity_parent_account",
  "opportunity.parentcontactid.contact": "opportunity_parent_contact",
  "contact.parentcustomerid.account": "contact_customer_accounts",
  "contact.parentcustomerid.contact": "contact_customer_contacts",
  "connection.record1id.opportunity": "opportunity_connections1",
  "connection.record2id.opportunity": "opportunity_connections2",
  "connection.record1id.contact": "contact_connections1",
  "connection.record2id.contact": "contact_connections2",
};

function collectionName(table: string, attribute: string, target: string): string {
  return collectionNames[`${table}.${attribute}.${target}`] ?? `${target}_${table}_${attribute}`;
}

const knownNavigations = new WeakMap<Model, Map<string, ReadonlyMap<string, Navigation>>>();

/** Every navigation property of a table, by name. */
export function navigationsOf(model: Model, table: Table): ReadonlyMap<string, Navigation> {
  const ofModel = knownNavigations.get(model) ?? new Map<string, ReadonlyMap<string, Navigation>>();
  knownNavigations.set(model, ofModel);
  const found = ofModel.get(table.name) ?? findNavigations(model, table);
  ofModel.set(table.name, found);
  return found;
}

function findNavigations(model: Model, table: Table): ReadonlyMap<string, Navigation> {
  const found = new Map<string, Navigation>();
  for (const attribute of Object.values(table.attributes)) {
    for (const [name, target] of Object.entries(attribute.targets ?? {})) {
      const property = lookupProperty(attribute.name);
      found.set(name, { kind: "one", name, property, target });
    }
  }
  for (const other of model.values()) {
    for (const attribute of Object.values(other.attributes)) {
      for (const target of new Set(Object.values(attribute.targets ?? {}))) {
        if (target !== table.name) continue;
        const name = attribute.collection ?? collectionName(other.name, attribute.name, target);
        const property = lookupProperty(attribute.name);
        found.set(name, { kind: "many", name, property, target: other.name });
      }
    }
  }
  return found;
}
