import type { TrustedIssuer } from "../http/index.ts";
import type { Clock, Http, Log, Random } from "../runtime/index.ts";
import type { Database } from "../storage/port.ts";

/** How a referrals service is made. Everything has a default that suits a test or a first look. */
export interface ReferralsServiceOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** False: no line for each request. True unless told. */
  readonly logsRequests?: boolean;
  /** How webhooks are sent; unless given, by a client that checks each address. */
  readonly http?: Http;
  /**
   * `:memory:` (the default), a path, `sqlite:PATH`, `postgres://…`, or a database that the caller
   * opened and closes.
   */
  readonly database?: string | Database;
  /** Unless told, 127.0.0.1. */
  readonly host?: string;
  /** Unless told, 0: any free port. */
  readonly port?: number;
  /** The address under which callers reach the service, where it isn't the one it listens on. */
  readonly publicUrl?: string;
  /** Calls per connection in a sliding minute; 100 unless told. */
  readonly callLimit?: number;
  /** False: what a partner sends as New/Pending stays so until the other side answers. */
  readonly acceptsAtOnce?: boolean;
  /** False: MS-RequestId is ignored, and a repeated POST makes a second referral. */
  readonly honoursRequestIds?: boolean;
  /** True: webhooks may go to private addresses and plain http, as on a developer's machine. */
  readonly allowsPrivateWebhooks?: boolean;
  /** Milliseconds before a webhook's second attempt. */
  readonly webhookBackoffMs?: number;
  /** Milliseconds that a query may compute which no index serves. */
  readonly scanLimitMs?: number;
  /** Issuers whose tokens are accepted beside the sandbox's own, Microsoft Entra for one. */
  readonly trustedIssuers?: readonly TrustedIssuer[];
  /** Locations of Referrals users of those issuers, by user id. */
  readonly userLocations?: Readonly<Record<string, readonly string[]>>;
  /**
   * True: the metrics tell of the whole process too, which only one service in a process should do.
   */
  readonly measuresProcess?: boolean;
  /** False: no issuer of its own, no admin API: nobody can play Microsoft. True unless told. */
  readonly isSandbox?: boolean;
}

/** Where a running service is reached. */
export interface ServiceUrls {
  /** The service's origin, without a slash at its end. */
  readonly baseUrl: string;
  /** The collection of referrals. */
  readonly referralsUrl: string;
  readonly tokenUrl: string;
  readonly webhookRegistrationUrl: string;
  readonly adminUrl: string;
}

/** The resources that access tokens are made out for. */
export const audiences = {
  referrals: "https://api.partner.microsoft.com",
  webhooks: "https://api.partnercenter.microsoft.com",
} as const;
