import { act, type EditedField, type Side } from "../../test/simulation/index.ts";
import type { BenchWorld } from "./virtual-world.ts";

/** Fields that go by PATCH, whose values can be made up without end. */
const fields: readonly EditedField[] = ["dealValue", "notes", "closingDate"];

let serial = 0;

/** A value that no edit had before. */
function freshValue(field: EditedField): string {
  serial += 1;
  if (field === "dealValue") return `${serial + 1_000_000}.00`;
  if (field === "notes") return `note ${serial}`;
  const day = new Date(Date.UTC(2030, 0, 1) + (serial % 20_000) * 86_400_000);
  return day.toISOString().slice(0, 10);
}

/** A person, or Microsoft, changes one field of a deal on one side now. */
export function edit(
  { world }: BenchWorld,
  deal: number,
  side: Side,
  chosen: number,
): { readonly field: EditedField; readonly value: string } {
  const field = fields[chosen % fields.length] ?? "notes";
  const value = freshValue(field);
  // An even moment makes it Microsoft's edit.
  act(world, { kind: "edit", at: 0, deal, side, field, value });
  return { field, value };
}
