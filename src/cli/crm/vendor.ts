import type { z } from "zod";
import type { CrmAdapter, CrmFields, CrmWebhook, Mapping } from "../../crm/index.ts";
import type { Clock, Http, Random, ValueFault } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";

/** The `crm` section of a configuration, as far as every vendor's agrees. */
export interface CrmChoice {
  readonly kind: string;
}

/** One thing that `referrals init` asks to fill the `crm` section. */
export interface VendorQuestion {
  /** The key in the section, and the flag of `referrals init`: `clientId` is `--crm-client-id`. */
  readonly name: string;
  readonly ask: string;
  readonly example?: string;
  readonly initial?: string;
  /** Written into the file where nothing was answered: what it is and when it is needed. */
  readonly comment?: string;
  /** The answer is a secret: the file names this variable, its value goes to referrals.env. */
  readonly secretVariable?: string;
  readonly isOptional?: boolean;
}

/** What a vendor's adapter is made with. */
export interface CrmContext {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly mapping: Mapping;
  /**
   * A small database in the data folder, for an adapter that must remember (a CRM without a log).
   */
  openDatabase(name: string): Promise<Database>;
}

/** One choice of a field, as a mapping file writes it. */
export interface CrmChoiceValue {
  readonly value: string;
  readonly label: string;
}

/** What `referrals doctor` and `referrals crm` tell of a CRM. Looking changes nothing. */
export interface CrmInspection {
  /** Who the sync is there, where the CRM tells. */
  readonly user?: string;
  /** Fields, keys and tables that the mapping names and the CRM lacks; `prepare` creates them. */
  readonly missing: readonly { readonly name: string; readonly label: string }[];
  /** Things that are there and don't fit, rights that are not given: sentence and remedy. */
  readonly problems: readonly { readonly sentence: string; readonly remedy: string }[];
  /** What is under way on the CRM's side and only takes time. */
  readonly pending: readonly string[];
  /** Settings by which the CRM refuses some referrals, and which may be meant so. */
  readonly advice?: readonly { readonly sentence: string; readonly remedy: string }[];
  /** The stages that a mapping of the status can name. */
  readonly stages: readonly CrmChoiceValue[];
}

/** A field of the CRM's deals, for a person who maps. */
export interface CrmFieldInfo {
  /** As a mapping file writes it. */
  readonly name: string;
  readonly label: string;
  /** The CRM's own word for its type. */
  readonly type: string;
}

/** A CRM that a configuration names. Connecting makes no call. */
export interface ConnectedCrm {
  readonly adapter: CrmAdapter;
  /** Errors: CrmError, `unauthorized` where the sign-in is refused. */
  inspect(): Promise<CrmInspection>;
  /** Creates what is missing; tells each thing done. Absent where the CRM needs or allows none. */
  prepare?(tell: (done: string) => void): Promise<void>;
  /** The fields of its deals, from the CRM's own metadata. Absent where it has none to ask. */
  fields?(): Promise<readonly CrmFieldInfo[]>;
  /** Verifies the CRM's webhooks, where the configuration asks for them. */
  readonly webhook?: CrmWebhook;
  close?(): Promise<void>;
}

/** A running emulator of the CRM's protocol. */
export interface CrmSandbox {
  /** Listens on loopback; resolves to the address that a configuration names. */
  listen(port: number): Promise<string>;
  /** Invents deals, where there are none. */
  seed(count: number): Promise<void>;
  close(): Promise<void>;
}

/** How a CRM's emulator is run, and what one does with it. */
export interface CrmSandboxKind<Config extends CrmChoice> {
  open(options: {
    readonly database: Database;
    readonly clock: Clock;
    readonly random: Random;
    /** The token of the sync, and the one of a seller: two users. */
    readonly engineToken: string;
    readonly userToken: string;
  }): Promise<CrmSandbox>;
  /** The `crm` section that reaches it. */
  configFor(url: string, token: string): Config;
  /** Changes fields of a deal over the CRM's own API, as a seller would. */
  editDeal(url: string, token: string, recordId: string, fields: CrmFields): Promise<void>;
  /** Commands for a terminal: list deals, then change one. */
  tryIt(url: string, token: string): readonly string[];
}

/** Everything that the command line knows of a CRM; one file and one line in the registry each. */
export interface CrmVendor<Config extends CrmChoice = CrmChoice> {
  readonly kind: Config["kind"];
  /** As people call it: `Dynamics 365`. */
  readonly title: string;
  /** The `crm` section: a strict object with `kind` as a literal. */
  readonly schema: z.ZodType<Config>;
  /** What the schema can't say; paths begin inside the section. */
  faults?(config: Config): readonly ValueFault[];
  readonly questions: readonly VendorQuestion[];
  /** The ready mapping as text, to be used as it is or copied and changed. */
  mappingText(config: Config): Promise<string>;
  connect(config: Config, context: CrmContext): Promise<ConnectedCrm>;
  readonly sandbox?: CrmSandboxKind<Config>;
}
