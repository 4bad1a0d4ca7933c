import type { Mapping } from "../crm/index.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import type { Engine, EngineSettings, Ledger } from "../sync/index.ts";

/** What a visitor of the demonstration may play: either side, without knowing its API. */
export interface Demonstration {
  /** Changes fields of a deal as a CRM user would; names are the CRM's own. */
  editDeal(recordId: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** Changes a referral as Microsoft would; a partial document. */
  editReferral(referralId: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
  /** Microsoft sends a new lead; resolves to its id. */
  sendLead(): Promise<string>;
}

/**
 * What the operator's API stands on: the running engine, its memory and the words of the mapping.
 */
export interface Desk {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly mapping: Mapping;
  readonly settings: EngineSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `sandbox`, `staging` or `production`, shown on every page. */
  readonly environment: string;
  readonly demonstration?: Demonstration;
  /** Where each part is reached, for the page's own help. */
  readonly places?: Readonly<Record<string, string>>;
}
