import {
  CrmError,
  type CrmRecord,
  type CrmRecordVersion,
  type CrmStep,
  type CrmWrite,
  type OperationOptions,
} from "../port.ts";

/** How far a write has come: what its memo remembers. */
export interface Progress {
  readonly dealId?: string;
  readonly accountId?: string;
  /** The deal's version after the last step that is known to be done. */
  readonly version?: string;
}

/** What a step left, with the deal where it was read after it. */
export type StepDone = Progress & { readonly record?: CrmRecord };

/** One deal's rows, as a CRM reads and writes them. */
export interface StepWriter {
  /** The steps in the order in which they are carried out; as they come unless told. */
  order?(write: CrmWrite): readonly CrmStep[];
  /**
   * True where the CRM itself refuses a stale version of what these steps change, so that nothing
   * has to be compared first.
   */
  isCheckedByCrm?(steps: readonly CrmStep[]): boolean;
  /** The deal as it is now. */
  read(dealId: string): Promise<CrmRecord | undefined>;
  /** Carries out one step, harmlessly where an earlier try did already; tells what it left. */
  perform(step: CrmStep, progress: Progress): Promise<StepDone>;
}

function readProgress(memo: string): Progress {
  try {
    return JSON.parse(memo) as Progress;
  } catch {
    return {};
  }
}

/** The refusal of a write to a deal that went meanwhile. */
export function dealIsGone(): CrmError {
  return new CrmError("not-found", "the deal isn't there any more");
}

/** The refusal of a write that was planned on values that aren't there any more. */
export function dealChanged(): CrmError {
  return new CrmError("conflict", "the deal or what is linked to it changed meanwhile");
}

async function compare(writer: StepWriter, dealId: string, expected: string): Promise<void> {
  const record = await writer.read(dealId);
  if (!record) throw dealIsGone();
  if (record.version !== expected) throw dealChanged();
}

/**
 * Carries out a write step by step, from where an earlier try left it. Where the CRM doesn't check
 * versions itself, the deal is compared once, just before the first step: a window of one round
 * trip remains. Errors: CrmError.
 */
export async function writeInSteps(
  writer: StepWriter,
  write: CrmWrite,
  options: OperationOptions,
): Promise<CrmRecordVersion> {
  if (write.steps.length === 0) throw new CrmError("invalid", "a write needs a step");
  const steps = writer.order?.(write) ?? write.steps;
  let progress: Progress = write.recordId === undefined ? {} : { dealId: write.recordId };
  const left: CrmStep[] = [];
  for (const step of steps) {
    const memo = options.memo?.finished(step.key);
    if (memo === undefined) left.push(step);
    else progress = { ...progress, ...readProgress(memo) };
  }
  const expected = steps[0]?.expectedVersion;
  const { dealId } = progress;
  if (left.length === steps.length && expected !== undefined && dealId !== undefined) {
    progress = { ...progress, version: expected };
    if (!writer.isCheckedByCrm?.(steps)) await compare(writer, dealId, expected);
  }
  let record: CrmRecord | undefined;
  for (const step of left) {
    const { record: after, ...done } = await writer.perform(step, progress);
    progress = { ...progress, ...done };
    record = after;
    await options.memo?.finish(step.key, JSON.stringify(progress));
  }
  if (progress.dealId === undefined) throw new Error("no step of the write made a deal");
  const found = record ?? (await writer.read(progress.dealId));
  if (!found) throw dealIsGone();
  return { id: found.id, version: found.version, record: found };
}
