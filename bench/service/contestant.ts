import type { ConditionalLoad } from "../conditional-load.ts";
import type { Load } from "../load.ts";

/** A server in the comparison: where it listens and how it is asked for the same three things. */
export interface Contestant {
  readonly name: string;
  readonly processId: number;
  readonly byId: Load;
  /** Filtered, ordered, one hundred rows, with the count of all that match. */
  readonly page: Load;
  /** Absent where the server knows no ETag. */
  readonly conditional?: (pairs: number) => Promise<ConditionalLoad>;
  stop(): Promise<void>;
}

/** A referral as the service stores it. */
export interface Document {
  readonly id: string;
  readonly eTag: string;
  readonly status?: string;
  readonly [name: string]: unknown;
}
