import { leadTable, opportunityTable } from "./deal-table.ts";
import { type DynamicsSetupOptions, type OptionDefinition, readOptions } from "./setup.ts";
import { createTransport } from "./transport.ts";

/* What a person needs to know of the deals to write a mapping: columns, stages, choices. */

/** One choice that a mapping can use. */
export interface StatusChoice {
  /** As a mapping file writes it: `open/1`. */
  readonly value: string;
  readonly label: string;
}

/** Administrative columns of a table have no label. */
interface ColumnDefinition {
  readonly LogicalName: string;
  readonly AttributeType: string;
  readonly DisplayName?: { readonly UserLocalizedLabel?: { readonly Label: string } | null };
}

const labelOf = ({ Label, Value }: OptionDefinition): string =>
  Label.UserLocalizedLabel?.Label ?? String(Value);

/**
 * The status reasons of an environment, which differ from one to the next, as a mapping file writes
 * them.
 */
export async function readStatusChoices(
  options: DynamicsSetupOptions,
): Promise<readonly StatusChoice[]> {
  const table = options.deals === "lead" ? leadTable : opportunityTable;
  const send = createTransport(options);
  const found = await readOptions(send, table.logicalName, "statuscode", "Status");
  return found.map((option) => ({
    value: `${table.stateNames[option.State ?? 0] ?? option.State}/${option.Value}`,
    label: labelOf(option),
  }));
}

/** The columns of the deals' table, with Dataverse's own word for each type. Errors: CrmError. */
export async function readColumns(
  options: DynamicsSetupOptions,
): Promise<readonly { readonly name: string; readonly type: string; readonly label: string }[]> {
  const table = options.deals ?? "opportunity";
  const columns = "Attributes?$select=LogicalName,AttributeType,DisplayName";
  const target = `EntityDefinitions(LogicalName='${table}')/${columns}`;
  const response = await createTransport(options)({ method: "GET", target }, {});
  const { value } = JSON.parse(response.body) as { readonly value: readonly ColumnDefinition[] };
  return value.map(({ AttributeType: type, DisplayName, LogicalName: name }) => ({
    name,
    type,
    label: DisplayName?.UserLocalizedLabel?.Label ?? name,
  }));
}

/** The choices of a picklist column of the deals. Errors: CrmError `not-found` where it is none. */
export async function readPicklistChoices(
  options: DynamicsSetupOptions,
  column: string,
): Promise<readonly { readonly value: number; readonly label: string }[]> {
  const table = options.deals ?? "opportunity";
  const found = await readOptions(createTransport(options), table, column, "Picklist");
  return found.map((option) => ({ value: option.Value, label: labelOf(option) }));
}
