import { CrmError, type CrmValue, type OperationOptions } from "../port.ts";
import { parseStatus, statusField } from "./mapping.ts";
import { runQuery } from "./read-deals.ts";
import type { Transport } from "./transport.ts";

/** A stage of the organisation. */
export interface Stage {
  readonly name: string;
  readonly label: string;
  readonly state: "open" | "won" | "lost";
}

/** Reads the organisation's active stages, in their order. */
export async function readStages(
  send: Transport,
  options: OperationOptions,
): Promise<readonly Stage[]> {
  const soql =
    "SELECT ApiName,MasterLabel,IsClosed,IsWon FROM OpportunityStage " +
    "WHERE IsActive = true ORDER BY SortOrder";
  const { rows } = await runQuery(send, soql, options);
  return rows.map((row) => ({
    name: String(row.ApiName),
    label: String(row.MasterLabel),
    state: row.IsWon ? "won" : row.IsClosed ? "lost" : "open",
  }));
}

/** The stages, read when they are needed and again when one is missed. */
export class StageBook {
  readonly #send: Transport;
  #stages: readonly Stage[] | undefined;

  constructor(send: Transport) {
    this.#send = send;
  }

  async #read(options: OperationOptions, again: boolean): Promise<readonly Stage[]> {
    if (again) this.#stages = undefined;
    this.#stages ??= await readStages(this.#send, options);
    return this.#stages;
  }

  /**
   * The stage that a status asks for. Salesforce itself takes any text for a stage and counts it
   * open: so it is compared with the organisation's own list. Errors: CrmError `invalid`.
   */
  async stageOf(value: CrmValue | undefined, options: OperationOptions): Promise<string> {
    const wanted = parseStatus(value);
    for (const again of [false, true]) {
      const stages = await this.#read(options, again);
      const found = stages.find(
        ({ name, state }) => name === wanted?.stage && state === wanted.state,
      );
      if (found) return found.name;
    }
    throw new CrmError(
      "invalid",
      `"${String(value)}" is no status of this organisation; write open, won or lost and a ` +
        "stage, such as open/Qualification",
      { field: statusField },
    );
  }

  /** The stage in which a deal without a status begins: the first open one. */
  async first(options: OperationOptions): Promise<string> {
    const stages = await this.#read(options, false);
    const open = stages.find(({ state }) => state === "open");
    if (open) return open.name;
    throw new CrmError("invalid", "the organisation has no open stage", { field: statusField });
  }
}
