import { z } from "zod";
import { CliFailure } from "../failure.ts";
import { dynamics365 } from "./dynamics365.ts";
import { espocrm } from "./espocrm.ts";
import { hubspot } from "./hubspot.ts";
import { odoo } from "./odoo.ts";
import { salesforce } from "./salesforce.ts";
import { sql } from "./sql.ts";
import { tryton } from "./tryton.ts";
import type { CrmChoice, CrmVendor } from "./vendor.ts";

/** Every CRM that a configuration can name. A new one is a file beside this one and a line here. */
export const crmVendors: readonly CrmVendor[] = [
  dynamics365,
  espocrm,
  hubspot,
  odoo,
  salesforce,
  sql,
  tryton,
];

type Discriminable = z.core.$ZodTypeDiscriminable;

/** The `crm` section of a configuration: the vendor's own, chosen by `kind`. */
export const crmSection = z.discriminatedUnion(
  "kind",
  crmVendors.map(({ schema }) => schema) as unknown as [Discriminable, ...Discriminable[]],
) as unknown as z.ZodType<CrmChoice>;

/** The vendor of a kind. Errors: CliFailure with the kinds that there are. */
export function vendorOf(kind: string): CrmVendor {
  const found = crmVendors.find((vendor) => vendor.kind === kind);
  if (found) return found;
  const kinds = crmVendors.map((vendor) => vendor.kind).join(", ");
  throw new CliFailure(`There is no CRM of the kind "${kind}".`, {
    remedy: `Use one of ${kinds}.`,
  });
}

/** The vendors with an emulator to develop and demonstrate with. */
export const vendorsWithSandbox = crmVendors.filter((vendor) => vendor.sandbox !== undefined);
