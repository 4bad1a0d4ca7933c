import type { Mapping } from "../crm/index.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import type { Database } from "../storage/index.ts";
import type { Engine, EngineSettings, Ledger } from "../sync/index.ts";

/** What a visitor of the demonstration may play: either side, without knowing its API. */
export interface Demonstration {
  /** Changes fields of a deal as a CRM user would; names are the CRM's own. */
  editDeal(recordId: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** Changes a referral as Microsoft would; a partial document. */
  editReferral(referralId: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
  /** Microsoft sends a new lead; resolves to its id. */
  sendLead(): Promise<string>;
  /** The faults that Partner Center may be given, and which of them it has now. */
  readonly faults?: {
    current(): Promise<Readonly<Record<string, number>>>;
    /** Each by the share of calls that it strikes; what isn't named is healed. */
    set(shares: Readonly<Record<string, number>>): Promise<void>;
  };
}

/** Where the mapping is kept, and what applies it. */
export interface MappingFile {
  /** The file's name, as a person would open it. */
  readonly path: string;
  /** False where the configuration names no file that it could be stored in. */
  readonly canSave: boolean;
  read(): Promise<string>;
  /** Stores the text; the file as it was is kept beside it. */
  write(text: string): Promise<void>;
  /** Lets the engine begin anew under the stored mapping, as soon as this call was answered. */
  apply(change: { readonly rereadsCrm: boolean }): void;
}

/**
 * What the operator's API stands on: the running engine, its memory and the words of the mapping.
 */
export interface Desk {
  readonly engine: Engine;
  readonly ledger: Ledger;
  /** Where the page's own projection and sessions are kept; it may be the ledger's. */
  readonly database: Database;
  readonly mapping: Mapping;
  readonly settings: EngineSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `sandbox`, `staging` or `production`, shown on every page. */
  readonly environment: string;
  readonly demonstration?: Demonstration;
  readonly mappingFile?: MappingFile;
  /** Where each part is reached, for the page's own help. */
  readonly places?: Readonly<Record<string, string>>;
  /** Days before its end from which an unanswered lead is told of; the alerts' own unless told. */
  readonly expiringDays?: number | undefined;
  /** When each side's sign-in ends, where that is known; milliseconds since 1970. */
  readonly signInEnds?: () => Promise<{ readonly referral?: number; readonly crm?: number }>;
}
