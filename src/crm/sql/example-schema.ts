import type { SqlLayout } from "./layout.ts";

/** The tables of the README, in SQL that both databases take: what the ready mapping names. */
export const exampleSchema: readonly string[] = [
  `CREATE TABLE customers (
    id integer PRIMARY KEY, name varchar(160) NOT NULL, street varchar(250), street2 varchar(250),
    city varchar(80), state varchar(60), zip varchar(20), country varchar(80))`,
  `CREATE TABLE deals (
    id integer PRIMARY KEY, title varchar(300) NOT NULL, amount numeric(14, 2), currency varchar(3),
    closes_on date, notes varchar(2000), customer_id integer REFERENCES customers (id),
    status varchar(20) NOT NULL DEFAULT 'open' CHECK (status IN ('waiting', 'open', 'won', 'lost')),
    modified_at timestamp)`,
  `CREATE TABLE deal_contacts (
    deal_id integer NOT NULL REFERENCES deals (id), email varchar(200) NOT NULL,
    first_name varchar(100), last_name varchar(100), phone varchar(100))`,
  `CREATE TABLE deal_solutions (
    deal_id integer NOT NULL REFERENCES deals (id), code varchar(100) NOT NULL, name varchar(200))`,
];

/** Where the deals of the README's tables stand. */
export const exampleLayout: SqlLayout = {
  table: "deals",
  id: "id",
  stamp: "modified_at",
  stampKind: "timestamp",
  key: "referral_id",
  accounts: {
    table: "customers",
    id: "id",
    link: "customer_id",
    name: "name",
    postalCode: "zip",
    country: "country",
  },
  lists: {
    contacts: {
      table: "deal_contacts",
      deal: "deal_id",
      key: "email",
      columns: ["email", "first_name", "last_name", "phone"],
    },
    solutions: { table: "deal_solutions", deal: "deal_id", key: "code", columns: ["code", "name"] },
  },
};
