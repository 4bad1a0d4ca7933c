import type { Command } from "commander";
import { type Referral, ReferralsError } from "../../contract/index.ts";
import type { CrmFields, CrmValue, MappedField } from "../../crm/index.ts";
import { createProjection, type Projection } from "../../sync/index.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  requireConfig,
} from "../ledger-access/open-operations.ts";
import { openConnections } from "../start/connections.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { table, wrapped } from "../terminal/table.ts";
import { shown } from "../terminal/words.ts";

/** One field of a real record, and what it would be on the other side. */
interface MappedValue {
  readonly name: string;
  readonly label: string;
  readonly crm: CrmValue;
  readonly referral: CrmValue;
  readonly refusal?: { readonly reason: string; readonly remedy: string };
  /** False where the direction of the field doesn't lead there. */
  readonly flows: boolean;
}

interface Found {
  readonly referral?: Referral;
  readonly record?: CrmFields;
}

/** A referral's value for a deal's, or the other way, through the field's own lens. */
function mapField(field: MappedField, found: Found, projection: Projection): MappedValue {
  const { referral, record } = found;
  const { name, label, lens, direction, compute } = field;
  const context = projection.context(referral, record);
  const crm = record ? (projection.crmValues(record)[name] ?? null) : null;
  const ours = referral ? (projection.referralValues(referral)[name] ?? null) : null;
  const base = { name, label };
  if (record) {
    const flows = direction !== "to-crm";
    if (!flows) return { ...base, crm, referral: ours, flows };
    const given = compute ? compute(record) : crm;
    const result = lens.toReferral(given, ours, context);
    if (result.ok) return { ...base, crm: given, referral: result.value, flows };
    const { reason, remedy } = result;
    return { ...base, crm: given, referral: ours, refusal: { reason, remedy }, flows };
  }
  const flows = direction !== "to-referral";
  if (!flows) return { ...base, crm, referral: ours, flows };
  const given = compute && referral ? compute(referral) : ours;
  const result = lens.toCrm(given, crm, context);
  if (result.ok) return { ...base, crm: result.value, referral: given, flows };
  const { reason, remedy } = result;
  return { ...base, crm, referral: given, refusal: { reason, remedy }, flows };
}

async function findRecord(id: string, options: LedgerOptions) {
  const config = await requireConfig(options);
  const connections = await openConnections(config);
  const { crm, referrals, mapping } = connections;
  try {
    const record = await crm.read(id, {}).catch((error: unknown) => {
      // An id of another form than the CRM's own isn't one of its records.
      if (error instanceof Error && Reflect.get(error, "code") === "invalid") return undefined;
      throw error;
    });
    if (record) return { from: "crm" as const, found: { record: record.fields }, mapping };
    const stored = await referrals.get(id).catch((error: unknown) => {
      const codes = ["itemNotFound", "invalidRequest"];
      if (error instanceof ReferralsError && codes.includes(error.code)) return undefined;
      throw error;
    });
    if (stored) return { from: "referral" as const, found: { referral: stored.referral }, mapping };
  } finally {
    await connections.close();
  }
  throw new CliFailure("Neither the CRM nor Partner Center has a record with this id.", {
    place: id,
    remedy: "Give the id of a CRM record or of a referral, as `referrals show` names them.",
  });
}

function mappedText(
  values: readonly MappedValue[],
  from: "crm" | "referral",
  isShared: boolean | undefined,
  width: number,
): string {
  const arrow = from === "crm" ? "→" : "←";
  const rows = values.map(({ label, crm, referral, refusal, flows }) => {
    const mark = refusal ? marks.bad : flows ? marks.good : marks.none;
    return [mark, label, shown(crm), flows ? arrow : paint.faint("–"), shown(referral)];
  });
  const columns = [
    { title: "" },
    { title: "" },
    { title: "CRM", canShrink: true },
    { title: "" },
    { title: "Partner Center", canShrink: true },
  ];
  const refusals = values.flatMap(({ label, refusal }) =>
    refusal
      ? [
          `${marks.bad} ${wrapped(`${label}: ${refusal.reason}`, width, "  ")}`,
          `  ${remedyLine(wrapped(refusal.remedy, width, "    "))}`,
        ]
      : [],
  );
  return [
    table(columns, rows, width),
    ...(isShared === false
      ? ["", `${marks.warn} The deal isn't marked for sharing: no referral would be created.`]
      : []),
    ...(refusals.length > 0 ? ["", ...refusals] : []),
    "",
    "Nothing was written.",
  ].join("\n");
}

/** `referrals test-mapping`: a real record through the mapping. */
export function registerTestMapping(program: Command): void {
  const command = program
    .command("test-mapping")
    .argument("<record>", "id of a CRM record or of a referral")
    .description("Send a real record through the mapping and show both ends; write nothing");
  examples(addLedgerOptions(command), [
    ["test-mapping 7c0b8c50-fa6f-405e-8673-9e87d627d05a", "of a deal, or of a referral"],
    ["test-mapping 3ddfadeb-8d8f-4b70-bf6f-06fa01352ac2 --json", "for a program"],
  ]);
  command.action(async (id: string, options: LedgerOptions) => {
    const { from, found, mapping } = await findRecord(id, options);
    const projection = createProjection(mapping);
    const values = projection.fields.map((field) => mapField(field, found, projection));
    const isShared = "record" in found ? mapping.shareWhen(found.record) : undefined;
    answer(options, { from, isShared, fields: values }, (width) =>
      mappedText(values, from, isShared, width),
    );
    const isRefused = values.some(({ refusal }) => refusal !== undefined);
    process.exitCode = isRefused ? exitCodes.attention : exitCodes.done;
  });
}
